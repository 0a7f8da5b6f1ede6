"""Resizing against torch, whose calls Real-ESRGAN uses."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from upscale.train.degrade.resize import Bicubic, Mode, Resize, draw_resize
from upscale.train.degrade.steps import to_pixels

from upscale.imresize import imresize


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("factor", [0.5, 0.37, 1.5])
def test_equals_torchs(mode: Mode, factor: float, photo: NDArray[np.uint8], rng: np.random.Generator) -> None:
    resized = Resize(96, 120, factor, mode).apply(photo, rng)
    tensor = torch.from_numpy(photo).permute(2, 0, 1)[None].double()
    size = (round(96 * factor), round(120 * factor))
    expected = torch.nn.functional.interpolate(tensor, size, mode=mode, align_corners=False)[0].permute(1, 2, 0)
    assert np.abs(resized.astype(int) - to_pixels(expected.numpy())).max() <= 1


@pytest.mark.parametrize("count", [2, 3, 4])
def test_area_is_the_mean_of_squares(count: int, photo: NDArray[np.uint8], rng: np.random.Generator) -> None:
    resized = Resize(96 // count, 120 // count, 1.0, "area").apply(photo, rng)
    blocks = photo.reshape(96 // count, count, 120 // count, count, 3).mean(axis=(1, 3))
    assert np.abs(resized - blocks).max() <= 1


def test_bicubic_is_matlabs(photo: NDArray[np.uint8], rng: np.random.Generator) -> None:
    assert np.array_equal(Bicubic(4).apply(photo, rng), imresize(photo, 0.25))


def test_factors_and_their_shares_are_those_asked_for(rng: np.random.Generator) -> None:
    drawn = [draw_resize((64, 64), {"up": 0.2, "down": 0.7, "keep": 0.1}, (0.15, 1.5), rng).factor for _ in range(2000)]
    factors = np.array(drawn)
    assert 0.15 <= factors.min() < 0.17 and 1.48 < factors.max() <= 1.5
    assert (factors > 1).mean() == pytest.approx(0.2, abs=0.04)
    assert (factors == 1).mean() == pytest.approx(0.1, abs=0.03)


def test_a_pixel_is_left_of_anything(rng: np.random.Generator) -> None:
    assert Resize(1, 1, 0.15, "area").apply(np.zeros((1, 1, 3), np.uint8), rng).shape == (1, 1, 3)
