"""Folders of pairs: which files belong together, and what is said where they do not."""

from pathlib import Path

import numpy as np
import pytest
from datasets import load, save
from PIL import Image

from upscale.errors import UsageError
from upscale.imresize import imresize


def shrink(hr: Path, lr: Path, scale: int = 2) -> None:
    lr.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.asarray(Image.open(hr))
    pixels = pixels[: pixels.shape[0] // scale * scale, : pixels.shape[1] // scale * scale]
    Image.fromarray(255 - imresize(pixels, 1 / scale)).save(lr)


@pytest.mark.parametrize(
    ("original", "partner"),
    [
        ("baby", "baby"), ("baby", "babyx2"), ("baby", "baby_x2"), ("baby", "baby-x2"), ("baby", "baby_LR"),
        ("baby", "baby_LRx2"), ("baby", "babyLRx2"), ("baby", "BabyX2"), ("img_001_SRF_2_HR", "img_001_SRF_2_LR"),
        ("Canon_001_HR", "Canon_001_LR2"), ("matrix2", "matrix2x2"), ("matrix2", "matrix2"), ("a_HR", "a_LR_x2"),
    ],
)  # fmt: skip
def test_partners_are_found_by_name(original: str, partner: str, tmp_path: Path) -> None:
    hr, lr = tmp_path / "hr" / "sub" / f"{original}.png", tmp_path / "lr" / "sub" / f"{partner}.png"
    save(hr, 21, 30)
    shrink(hr, lr)
    store = load(tmp_path / "hr", lr=tmp_path / "lr").training
    found = store.lr_of(0)
    assert found is not None and np.array_equal(found, np.asarray(Image.open(lr)))
    assert store.hr_of(0).shape == (20, 30, 3)


def test_numbers_are_no_factors(tmp_path: Path) -> None:
    """12 is no low resolution of 1."""
    for name in ("1", "12"):
        save(tmp_path / "hr" / f"{name}.png", 20, 20)
        shrink(tmp_path / "hr" / f"{name}.png", tmp_path / "lr" / f"{name}.png")
    store = load(tmp_path / "hr", lr=tmp_path / "lr").training
    found = store.lr_of(store.names.index("1.png"))
    assert np.array_equal(np.asarray(Image.open(tmp_path / "lr" / "1.png")), found)


def test_partners_may_lie_in_another_folder_structure_and_inside_the_data(tmp_path: Path) -> None:
    hr = tmp_path / "set" / "HR" / "a.png"
    save(hr, 20, 24)
    shrink(hr, tmp_path / "set" / "LRx2" / "ax2.png")
    store = load(tmp_path / "set", lr=tmp_path / "set" / "LRx2").training
    assert store.names == ("HR/a.png",) and store.lr is not None


def test_mismatches_are_counted_and_the_first_five_named(tmp_path: Path) -> None:
    for index in range(8):
        save(tmp_path / "hr" / f"{index}.png", 20, 24)
    shrink(tmp_path / "hr" / "0.png", tmp_path / "lr" / "0.png")
    save(tmp_path / "lr" / "1x2.png", 10, 11)
    with pytest.raises(UsageError) as caught:
        load(tmp_path / "hr", lr=tmp_path / "lr")
    said = str(caught.value)
    assert said.startswith("7 of 8 pictures")
    assert "and 2 more" in said and "2.png: no 2, 2x2 or 2_LR" in said
    save(tmp_path / "lr2" / "1x2.png", 10, 11)
    (tmp_path / "hr2").mkdir()
    (tmp_path / "hr" / "1.png").rename(tmp_path / "hr2" / "1.png")
    with pytest.raises(UsageError, match=r"1\.png has 24 x 20 pixels, 1x2\.png 11 x 10 and not 12 x 10"):
        load(tmp_path / "hr2", lr=tmp_path / "lr2")


def test_one_partner_for_two_is_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        save(tmp_path / "hr" / folder / "1.png", 20, 24)
    shrink(tmp_path / "hr" / "a" / "1.png", tmp_path / "lr" / "1.png")
    with pytest.raises(UsageError, match=r"1\.png: its low resolution is that of .*a.*1\.png"):
        load(tmp_path / "hr", lr=tmp_path / "lr")


def test_two_partners_for_one_are_refused(tmp_path: Path) -> None:
    save(tmp_path / "hr" / "1.png", 20, 24)
    for folder in ("a", "b"):
        shrink(tmp_path / "hr" / "1.png", tmp_path / "lr" / folder / "1.png")
    with pytest.raises(UsageError, match="is there 2 times"):
        load(tmp_path / "hr", lr=tmp_path / "lr")


def test_a_broken_side_leaves_the_pair_out(tmp_path: Path, said: list[str]) -> None:
    for name in ("a.png", "b.png", "c.png"):
        save(tmp_path / "hr" / name, 20, 24)
        shrink(tmp_path / "hr" / name, tmp_path / "lr" / name)
    (tmp_path / "lr" / "b.png").write_bytes(b"no picture")
    assert load(tmp_path / "hr", lr=tmp_path / "lr").training.names == ("a.png", "c.png")
    assert "1 of 3 pictures cannot be read" in "".join(said)


def test_pictures_to_validate_on_have_their_partners_in_the_same_folder(tmp_path: Path) -> None:
    for name in ("hr/a.png", "val/v.png"):
        save(tmp_path / name, 20, 24)
        shrink(tmp_path / name, tmp_path / "lr" / Path(name).name)
    (pair,) = load(tmp_path / "hr", lr=tmp_path / "lr", val=tmp_path / "val").held
    assert np.array_equal(pair.lr.permute(1, 2, 0), np.asarray(Image.open(tmp_path / "lr" / "v.png")))


def test_given_low_resolutions_are_not_degraded(tmp_path: Path) -> None:
    save(tmp_path / "hr" / "a.png", 20, 24)
    with pytest.raises(UsageError, match="--degrade real would make others"):
        load(tmp_path / "hr", lr=tmp_path / "hr", degrade="real")
