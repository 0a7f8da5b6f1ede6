"""Training pictures: pairs that belong together, crops that can be repeated."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from upscale.train.data import Crops, Pair, load_pairs, split_validation, turn

from upscale.errors import BadInputError, UsageError
from upscale.imresize import imresize


def save(path: Path, height: int, width: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(height).integers(0, 256, (height, width, 3), np.uint8)
    Image.fromarray(pixels).save(path)


def test_low_resolution_is_matlabs_of_the_whole_picture(tmp_path: Path) -> None:
    save(tmp_path / "deep" / "a.png", 43, 50)
    (pair,) = load_pairs(tmp_path, 4, smallest=1)
    hr = np.asarray(Image.open(tmp_path / "deep" / "a.png"))[:40, :48]
    assert np.array_equal(pair.hr.permute(1, 2, 0).numpy(), hr)
    assert np.array_equal(pair.lr.permute(1, 2, 0).numpy(), imresize(hr, 0.25))


def test_too_small_pictures_are_left_out_and_broken_ones_named(tmp_path: Path) -> None:
    save(tmp_path / "small.png", 20, 64)
    with pytest.raises(UsageError, match="at least 32 pixels"):
        load_pairs(tmp_path, 4, smallest=8)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(BadInputError, match=r"broken\.png"):
        load_pairs(tmp_path, 4, smallest=1)


def test_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no pictures"):
        load_pairs(tmp_path, 4, smallest=1)


def pairs() -> list[Pair]:
    """Pictures whose every high-resolution pixel repeats its low-resolution one, so that a shift would show."""
    made = []
    for index in range(3):
        lr = torch.randint(0, 256, (3, 12 + index, 15), dtype=torch.uint8)
        made.append(Pair(str(index), lr, lr.repeat_interleave(2, 1).repeat_interleave(2, 2)))
    return made


def test_crops_of_both_sides_show_the_same_place() -> None:
    batches = iter(Crops(pairs(), 2, 4, 5, torch.Generator().manual_seed(0)))
    for _ in range(10):
        lr, hr = next(batches)
        assert lr.shape == (4, 3, 5, 5)
        assert torch.equal(lr.repeat_interleave(2, 2).repeat_interleave(2, 3), hr)
        assert lr.min() >= 0 and lr.max() <= 1


def test_the_generator_is_the_whole_memory_of_the_crops() -> None:
    pictures = pairs()
    generator, again = torch.Generator().manual_seed(0), torch.Generator()
    batches = iter(Crops(pictures, 2, 2, 5, generator))
    next(batches)
    again.set_state(generator.get_state())
    for one, other in zip(next(batches), next(iter(Crops(pictures, 2, 2, 5, again))), strict=True):
        assert torch.equal(one, other)


def test_eight_symmetries_are_different_and_undone_by_area() -> None:
    picture = torch.arange(9).view(1, 3, 3)
    turned = {tuple(turn(picture, symmetry).flatten().tolist()) for symmetry in range(8)}
    assert len(turned) == 8
    assert all(sorted(values) == list(range(9)) for values in turned)


def test_validation_pictures_are_not_trained_on() -> None:
    many = pairs() * 10
    training, held = split_validation(many)
    assert len(training) == 27 and len(held) == 3
    assert len(split_validation(many * 10)[1]) == 8
    few, one = split_validation(pairs())
    assert len(few) == 2 and len(one) == 1
    lone, none = split_validation(pairs()[:1])
    assert len(lone) == 1 and none == []
