"""SSIM against the paper's sums, written out pixel by pixel."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from upscale.errors import BadInputError
from upscale.evaluate.ssim import ssim


def _planes(height: int, width: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    generator = np.random.default_rng(3)
    hr = generator.uniform(16, 235, (height, width))
    return hr + generator.normal(0, 12, hr.shape), hr


def _brute_force(sr: NDArray[np.float64], hr: NDArray[np.float64]) -> float:
    weight = {(dy, dx): math.exp(-(dy * dy + dx * dx) / (2 * 1.5**2)) for dy in range(-5, 6) for dx in range(-5, 6)}
    total = sum(weight.values())
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    found: list[float] = []
    for y in range(5, hr.shape[0] - 5):
        for x in range(5, hr.shape[1] - 5):
            window = [(w / total, sr[y + dy, x + dx], hr[y + dy, x + dx]) for (dy, dx), w in weight.items()]
            mean_a = sum(w * a for w, a, _ in window)
            mean_b = sum(w * b for w, _, b in window)
            var_a = sum(w * (a - mean_a) ** 2 for w, a, _ in window)
            var_b = sum(w * (b - mean_b) ** 2 for w, _, b in window)
            cov = sum(w * (a - mean_a) * (b - mean_b) for w, a, b in window)
            top = (2 * mean_a * mean_b + c1) * (2 * cov + c2)
            found.append(float(top / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))))
    return sum(found) / len(found)


@pytest.mark.parametrize("size", [(11, 11), (15, 20)])
def test_ssim_equals_the_sums_of_the_paper(size: tuple[int, int]) -> None:
    sr, hr = _planes(*size)
    assert ssim(sr, hr) == pytest.approx(_brute_force(sr, hr), abs=1e-9)


def test_ssim_of_equal_planes_is_one() -> None:
    _, hr = _planes(20, 24)
    assert ssim(hr, hr) == pytest.approx(1, abs=1e-12)


def test_ssim_does_not_depend_on_the_order() -> None:
    sr, hr = _planes(20, 24)
    assert ssim(sr, hr) == pytest.approx(ssim(hr, sr), abs=1e-12)


def test_ssim_of_constants_is_the_brightness_term() -> None:
    c1 = (0.01 * 255) ** 2
    expected = (2 * 100 * 120 + c1) / (100**2 + 120**2 + c1)
    assert ssim(np.full((12, 12), 100.0), np.full((12, 12), 120.0)) == pytest.approx(expected, abs=1e-9)


def test_ssim_below_the_window_is_refused() -> None:
    with pytest.raises(BadInputError, match="11 x 11"):
        ssim(np.zeros((10, 40)), np.zeros((10, 40)))
