"""The plane that is scored."""

import numpy as np
import pytest

from upscale.evaluate.luma import crop_border, crop_to_multiple, luma


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [
        ((0, 0, 0), 16.0),
        ((255, 255, 255), 235.0),
        ((255, 0, 0), 81.481),  # the corners of the cube, from the recommendation's coefficients
        ((0, 255, 0), 144.553),
        ((0, 0, 255), 40.966),
    ],
)
def test_luma_of_pure_colours(rgb: tuple[int, int, int], expected: float) -> None:
    assert luma(np.full((1, 1, 3), rgb, np.uint8))[0, 0] == pytest.approx(expected, abs=1e-9)


def test_rounded_luma_is_the_nearest_whole_number() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    rounded = luma(pixels, round_y=True)
    assert (rounded == np.rint(rounded)).all()
    assert np.abs(rounded - luma(pixels)).max() <= 0.5


def test_crop_border_takes_the_same_from_each_side() -> None:
    plane = np.arange(30.0).reshape(5, 6)
    assert crop_border(plane, 2).tolist() == [[14.0, 15.0]]
    assert crop_border(plane, 0).shape == (5, 6)
    assert crop_border(plane, 3).size == 0


def test_crop_to_multiple_keeps_the_top_left() -> None:
    pixels = np.arange(7 * 9 * 3, dtype=np.uint8).reshape(7, 9, 3)
    assert (crop_to_multiple(pixels, 4) == pixels[:4, :8]).all()
    assert crop_to_multiple(pixels, 1).shape == pixels.shape
