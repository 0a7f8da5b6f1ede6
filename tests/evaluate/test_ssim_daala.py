"""Daala's SSIM against its definition, written out pixel by pixel, and measured figures."""

import math
from collections.abc import Callable
from pathlib import Path
from statistics import NormalDist, fmean

import numpy as np
import pytest
from numpy.typing import NDArray

from upscale.errors import BadInputError
from upscale.evaluate.luma import crop_border, luma
from upscale.evaluate.pictures import read_rgb
from upscale.evaluate.ssim_daala import ssim_daala
from upscale.imresize import imresize


def _weights(height: int, width: int) -> dict[int, int]:
    """By distance: the normal distribution in 256ths, within the shorter side; what rounding leaves is in the middle.

    No window is cut out of it: it ends where the 256ths round to 0.
    """
    density = NormalDist(0, 1.5 * height / 256).pdf
    aside = {distance: math.floor(256 * density(distance) + 0.5) for distance in range(1, min(height, width))}
    return {0: 256 - 2 * sum(aside.values())} | {distance: weight for distance, weight in aside.items() if weight}


def _similarity(window: list[tuple[int, float, float]]) -> float:
    """Of the weighted pixels of two pictures; moments are taken about the means."""
    total = sum(weight for weight, _, _ in window)
    mean_a, mean_b = (sum(seen[0] * seen[side] for seen in window) / total for side in (1, 2))
    var_a = sum(w * (a - mean_a) ** 2 for w, a, _ in window) / total
    var_b = sum(w * (b - mean_b) ** 2 for w, _, b in window) / total
    cov = sum(w * (a - mean_a) * (b - mean_b) for w, a, b in window) / total
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1) * (2 * cov + c2) / (var_a + var_b + c2)


def _brute_force(sr: NDArray[np.float64], hr: NDArray[np.float64]) -> float:
    """The mean over every pixel, each weighing as much as the window has inside the picture."""
    weights = _weights(*hr.shape)
    pixels = list(np.ndindex(*hr.shape))
    similarities, insides = [], []
    for y, x in pixels:
        window = [
            (weights[abs(v - y)] * weights[abs(u - x)], float(sr[v, u]), float(hr[v, u]))
            for v, u in pixels
            if abs(v - y) in weights and abs(u - x) in weights
        ]
        similarities.append(_similarity(window))
        insides.append(sum(weight for weight, _, _ in window))
    return fmean(similarities, insides)


# The window is one pixel wide up to 40 rows, and 7 at 170; in 300 x 2 the shorter side ends it.
@pytest.mark.parametrize("size", [(1, 1), (4, 30), (30, 4), (40, 24), (170, 7), (300, 2)])
def test_equals_the_sums_of_its_definition(size: tuple[int, int]) -> None:
    generator = np.random.default_rng(1)
    hr = generator.integers(16, 236, size).astype(np.float64)
    sr = np.clip(np.rint(hr + generator.normal(0, 15, size)), 16, 235)
    assert ssim_daala(sr, hr) == pytest.approx(_brute_force(sr, hr), abs=1e-9)
    assert ssim_daala(hr, hr) == pytest.approx(1, abs=1e-12)


def test_the_window_grows_with_the_height_alone() -> None:
    generator = np.random.default_rng(1)
    hr = generator.integers(16, 236, (40, 200)).astype(np.float64)
    sr = np.clip(np.rint(hr + generator.normal(0, 15, hr.shape)), 16, 235)
    turned = ssim_daala(sr.T.copy(), hr.T.copy())
    assert abs(turned - ssim_daala(sr, hr)) > 0.005


def test_nothing_is_refused() -> None:
    with pytest.raises(BadInputError, match="at least one pixel"):
        ssim_daala(np.zeros((0, 5)), np.zeros((0, 5)))


def _bicubic(lr: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return imresize(lr, 4)


def _nearest(lr: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return lr.repeat(4, 0).repeat(4, 1)


@pytest.mark.data
@pytest.mark.parametrize(("enlarge", "expected"), [(_bicubic, 0.8202), (_nearest, 0.7539)])
def test_x4_of_set5_is_what_was_measured(
    data_folder: Path, enlarge: Callable[[NDArray[np.uint8]], NDArray[np.uint8]], expected: float
) -> None:
    scores = []
    for path in sorted((data_folder / "test/Set5/HR").iterdir()):
        hr = read_rgb(path)
        hr = hr[: hr.shape[0] // 4 * 4, : hr.shape[1] // 4 * 4]
        planes = (crop_border(luma(pixels, round_y=True), 4) for pixels in (enlarge(imresize(hr, 0.25)), hr))
        scores.append(ssim_daala(*planes))
    assert np.mean(scores) == pytest.approx(expected, abs=0.0003)
