"""From a folder to pictures in memory: what is taken, what is left out, and what is said of it."""

import os
from pathlib import Path

import numpy as np
import pytest
import tifffile
from datasets import load, save
from PIL import Image
from upscale.train.data.split import split_validation

from upscale.errors import UsageError
from upscale.imresize import imresize


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures, one of them deep down."""
    for name, height, width in (("a.png", 43, 50), ("b.jpg", 40, 30), ("deep/er/c.png", 31, 64)):
        save(tmp_path / "hr" / name, height, width)
    return tmp_path / "hr"


def test_low_resolutions_are_matlabs_of_whole_pictures(folder: Path) -> None:
    store = load(folder, scale=4).training
    assert store.names == ("a.png", "b.jpg", "deep/er/c.png")
    for index, name in enumerate(store.names):
        whole = np.asarray(Image.open(folder / name))
        hr = whole[: whole.shape[0] // 4 * 4, : whole.shape[1] // 4 * 4]
        lr = store.lr_of(index)
        assert np.array_equal(store.hr_of(index), hr)
        assert lr is not None and np.array_equal(lr, imresize(hr, 0.25))


def test_small_and_broken_pictures_are_left_out_counted_and_named(folder: Path, said: list[str]) -> None:
    save(folder / "small.png", 9, 64)
    (folder / "no.png").write_bytes(b"no picture")
    content = (folder / "a.png").read_bytes()
    (folder / "half.png").write_bytes(content[: len(content) // 2])
    store = load(folder).training
    assert "small.png" not in store.names and "no.png" not in store.names
    assert "half.png" not in store.kept_names
    small, lost = said
    assert small.startswith("1 of 5 pictures are smaller than 10 pixels")
    assert lost.startswith("2 of 6 pictures cannot be read") and "no.png" in lost and "half.png" in lost


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({}, "it is empty"),
        ({"a.mp4": b"", "b.mp4": b"", "c.txt": b""}, r"no pictures .* it holds 2 \.mp4, 1 \.txt"),
        ({".hidden.png": b"", ".thumbs/a.png": b""}, "no pictures"),
        ({"a.png": b"x", "b.jpg": b"y"}, r"none of the 2 pictures .* can be read; a\.png"),
    ],
    ids=["empty", "clips", "hidden", "broken"],
)
def test_folders_without_pictures_are_refused(names: dict[str, bytes], message: str, tmp_path: Path) -> None:
    folder = tmp_path / "hr"
    folder.mkdir()
    for name, content in names.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    with pytest.raises(UsageError, match=message):
        load(folder)


def test_pictures_that_are_all_too_small_are_refused(tmp_path: Path) -> None:
    save(tmp_path / "hr" / "a.png", 20, 64)
    with pytest.raises(UsageError, match="at least 32 pixels a side, as --crop 8 needs"):
        load(tmp_path / "hr", scale=4, crop=8)


def test_all_damaged_behind_their_headers_is_refused(tmp_path: Path) -> None:
    save(tmp_path / "hr" / "a.png", 60, 64)
    content = (tmp_path / "hr" / "a.png").read_bytes()
    (tmp_path / "hr" / "a.png").write_bytes(content[:600])
    with pytest.raises(UsageError, match=r"none of the 1 pictures that are large enough can be read: .*a\.png"):
        load(tmp_path / "hr")


def test_files_and_missing_folders_are_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match="is a file"):
        load(folder / "a.png")
    with pytest.raises(UsageError, match="cannot list"):
        load(folder / "none")


def test_every_kind_of_picture_is_taken_as_8_bit_rgb(tmp_path: Path, said: list[str]) -> None:
    rgb = save(tmp_path / "hr" / "rgb.png", 16, 18)
    gray, alpha = rgb[..., 0], rgb[..., 1]
    Image.fromarray(gray).save(tmp_path / "hr" / "gray.png")
    Image.fromarray(gray).save(tmp_path / "hr" / "gray.bmp")
    Image.fromarray(rgb).save(tmp_path / "hr" / "plain.ppm")
    Image.fromarray(np.dstack([rgb, alpha])).save(tmp_path / "hr" / "rgba.png")
    tifffile.imwrite(tmp_path / "hr" / "deep.tif", rgb.astype(np.uint16) * 257, photometric="rgb")
    palette = Image.fromarray(rgb).quantize(8)
    palette.save(tmp_path / "hr" / "palette.png")
    store = load(tmp_path / "hr").training
    found = {name: store.hr_of(index) for index, name in enumerate(store.names)}
    for name in ("rgb.png", "plain.ppm", "rgba.png", "deep.tif"):
        assert np.array_equal(found[name], rgb), name
    for name in ("gray.png", "gray.bmp"):
        assert np.array_equal(found[name], np.dstack([gray] * 3)), name
    assert np.array_equal(found["palette.png"], np.asarray(palette.convert("RGB")))
    (message,) = said
    assert "2 gray" in message and "1 of 16 bits" in message and "1 partly transparent" in message


def test_orientation_changes_neither_side(tmp_path: Path) -> None:
    rgb = Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8))
    (tmp_path / "hr").mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    rgb.save(tmp_path / "hr" / "a.png", exif=exif)
    assert load(tmp_path / "hr").training.hr_of(0).shape == (20, 30, 3)


def test_names_that_are_no_text_are_taken(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.png")
    save(tmp_path / "hr" / name, 20, 20)
    save(tmp_path / "hr" / "b.png", 20, 20)
    pictures = load(tmp_path / "hr", degrade="classic")
    assert {*pictures.training.kept_names, *(pair.name for pair in pictures.held)} == {name, "b.png"}


def test_linked_folders_are_followed_and_circles_are_not(folder: Path, tmp_path: Path) -> None:
    save(tmp_path / "elsewhere" / "d.png", 20, 20)
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    (folder / "deep" / "circle").symlink_to(folder)
    assert len(load(folder).training.names) == 4


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such pipes")
def test_pipes_are_not_waited_for_and_broken_links_are_named(folder: Path, said: list[str]) -> None:
    os.mkfifo(folder / "pipe.png")
    (folder / "gone.png").symlink_to(folder / "nowhere.png")
    assert len(load(folder).training.names) == 3
    (message,) = said
    assert message.startswith("1 of 4 pictures cannot be read") and "gone.png" in message


def test_fingerprint_tells_names_and_contents(folder: Path) -> None:
    first = load(folder).fingerprint
    assert load(folder).fingerprint == first
    (folder / "a.png").touch()
    assert load(folder).fingerprint == first
    save(folder / "b.png", 43, 50)
    assert load(folder).fingerprint != first
    (folder / "b.png").unlink()
    pixels = np.asarray(Image.open(folder / "a.png")).copy()
    pixels[20, 20] ^= 1
    Image.fromarray(pixels).save(folder / "a.png")
    assert load(folder).fingerprint != first


def test_validation_pictures_are_not_trained_on() -> None:
    for count, held in ((1, 0), (2, 1), (3, 1), (30, 3), (300, 8)):
        training, out = split_validation(range(count))
        assert len(out) == held
        assert sorted([*training, *out]) == list(range(count))


def test_held_pictures_are_the_middles(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        save(tmp_path / "hr" / name, 530, 40)
    pictures = load(tmp_path / "hr")
    (pair,) = pictures.held
    index = pictures.training.names.index(pair.name)
    assert len(pictures.training) == 1 and pair.name not in pictures.training.kept_names
    assert pair.hr.shape == (3, 512, 40) and pair.lr.shape == (3, 256, 20)
    lr = pictures.training.lr_of(index)
    assert np.array_equal(pair.hr.permute(1, 2, 0), pictures.training.hr_of(index)[8:520])
    assert lr is not None and np.array_equal(pair.lr.permute(1, 2, 0), lr[4:260])


def test_a_folder_to_validate_on_may_lie_in_the_other(folder: Path) -> None:
    save(folder / "val" / "v.png", 40, 44)
    pictures = load(folder, val=folder / "val")
    assert len(pictures.training) == 3 and "val/v.png" not in pictures.training.names
    (pair,) = pictures.held
    hr = np.asarray(Image.open(folder / "val" / "v.png"))
    assert np.array_equal(pair.hr.permute(1, 2, 0), hr)
    assert np.array_equal(pair.lr.permute(1, 2, 0), imresize(hr, 0.5))


def test_held_pictures_are_degraded_the_same_every_time(folder: Path) -> None:
    one, other = (load(folder, degrade="classic") for _ in range(2))
    plain = load(folder)
    assert one.training.lr is None
    assert np.array_equal(one.held[0].lr, other.held[0].lr)
    assert np.array_equal(one.held[0].hr, plain.held[0].hr)
    assert not np.array_equal(one.held[0].lr, plain.held[0].lr)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions do not bind an administrator")
def test_unreadable_files_are_left_out(folder: Path, said: list[str]) -> None:
    (folder / "a.png").chmod(0)
    assert len(load(folder).training.names) == 2
    assert "a.png (permission denied)" in "".join(said)


@pytest.mark.data
def test_strange_pictures_are_taken_or_left_out(data_folder: Path, said: list[str]) -> None:
    pictures = load(data_folder / "odd" / "pngsuite", crop=4)
    assert len(pictures.training) > 50
    assert any("cannot be read" in message for message in said)
