"""Sheets show the pictures themselves, pixel for pixel, whatever their sizes and names."""

import numpy as np
import pytest
from upscale.train.watch.reports import Sample
from upscale.train.watch.sheet import ShownPair, pairs_sheet, sample_sheet

GENERATOR = np.random.default_rng(0)


def noise(height: int, width: int) -> np.ndarray:
    return GENERATOR.integers(0, 256, (height, width, 3), np.uint8)


def sample(name: str, height: int, width: int, scale: int) -> Sample:
    big = height * scale, width * scale
    return Sample(name, noise(height, width), noise(*big), noise(*big), 25.0)


def holds(sheet: np.ndarray, part: np.ndarray) -> bool:
    """Whether the part is found somewhere in the sheet, exactly."""
    height, width = part.shape[:2]
    first = part[0, 0]
    for y, x in zip(*np.nonzero((sheet == first).all(axis=2)), strict=True):
        if np.array_equal(sheet[y : y + height, x : x + width], part):
            return True
    return False


def test_results_and_originals_are_shown_at_full_size() -> None:
    samples = [sample("a.png", 9, 12, 4), sample("b_漢字\udce9.png", 20, 6, 2)]
    sheet = sample_sheet(samples, "step 500")
    for item in samples:
        scale = item.sr.shape[0] // item.lr.shape[0]
        assert holds(sheet, item.sr) and holds(sheet, item.hr)
        assert holds(sheet, item.lr.repeat(scale, axis=0).repeat(scale, axis=1))


def test_large_pictures_are_shown_in_part_the_same_of_each() -> None:
    item = sample("a.png", 50, 70, 3)
    sheet = sample_sheet([item], "t", side_px=60)
    rows, columns = slice(15 * 3, 35 * 3), slice(25 * 3, 45 * 3)
    assert holds(sheet, item.sr[rows, columns]) and holds(sheet, item.hr[rows, columns])
    assert sheet.shape[1] < 3 * 60 + 100


@pytest.mark.parametrize("count", [0, 1, 4])
def test_any_number_of_samples(count: int) -> None:
    sheet = sample_sheet([sample("x" * 200, 3, 3, 2)] * count, "a title " * 40)
    assert sheet.dtype == np.uint8 and sheet.ndim == 3


def test_training_pairs_stand_side_by_side_in_whole_pixels() -> None:
    pairs = [
        ShownPair(f"{index}.png", "blur 7 px, noise 12, JPEG 40, " * 5, noise(8, 8), noise(32, 32))
        for index in range(5)
    ]
    sheet = pairs_sheet(pairs, "bicubic", columns=2)
    for pair in pairs:
        low, high = pair.lr.repeat(24, axis=0).repeat(24, axis=1), pair.hr.repeat(6, axis=0).repeat(6, axis=1)
        assert holds(sheet, np.concatenate([low, np.full((192, 4, 3), 255, np.uint8), high], axis=1))
