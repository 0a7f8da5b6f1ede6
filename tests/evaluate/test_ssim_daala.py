"""Daala's SSIM against its sums over whole numbers, written out window by window, and measured figures."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from upscale.errors import BadInputError
from upscale.evaluate.luma import crop_border, luma
from upscale.evaluate.pictures import read_rgb
from upscale.evaluate.ssim_daala import ssim_daala
from upscale.imresize import imresize


def _kernel(height: int, width: int) -> list[int]:
    """The tool's: rounded to 256ths, the rest in the middle, ending where less than half of one would follow."""
    sigma = height * 1.5 / 256
    cut = math.sqrt(0.5 * math.pi) * sigma / 256
    reach = 0 if cut >= 1 else math.floor(sigma * math.sqrt(-2 * math.log(cut)))
    reach = min(reach, min(height, width) - 1)
    peak = 256 / (math.sqrt(2 * math.pi) * sigma)
    side = [int(peak * math.exp(-0.5 * n * n / sigma**2) + 0.5) for n in range(reach, 0, -1)]
    return [*side, 256 - 2 * sum(side), *side[::-1]]


def _brute_force(sr: NDArray[np.float64], hr: NDArray[np.float64]) -> float:
    height, width = hr.shape
    taps = _kernel(height, width)
    reach = len(taps) // 2
    top = bottom = 0.0
    for y in range(height):
        for x in range(width):
            inside = [
                (taps[dy + reach] * taps[dx + reach], int(sr[y + dy, x + dx]), int(hr[y + dy, x + dx]))
                for dy in range(-reach, reach + 1)
                for dx in range(-reach, reach + 1)
                if 0 <= y + dy < height and 0 <= x + dx < width
            ]
            w = sum(weight for weight, _, _ in inside)
            a, b = sum(weight * s for weight, s, _ in inside), sum(weight * d for weight, _, d in inside)
            aa, bb = sum(weight * s * s for weight, s, _ in inside), sum(weight * d * d for weight, _, d in inside)
            ab = sum(weight * s * d for weight, s, d in inside)
            c1, c2 = 255**2 * 1e-4 * w * w, 255**2 * 9e-4 * w * w
            similarity = (2 * a * b + c1) * (c2 + 2 * (ab * w - a * b))
            similarity /= (a * a + b * b + c1) * (aa * w - a * a + bb * w - b * b + c2)
            top, bottom = top + w * similarity, bottom + w
    return top / bottom


@pytest.mark.parametrize("size", [(1, 1), (4, 30), (30, 4), (40, 24), (170, 7)])
def test_equals_the_sums_of_the_tool(size: tuple[int, int]) -> None:
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
