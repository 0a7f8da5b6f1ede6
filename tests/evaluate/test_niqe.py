"""NIQE against a second, slow implementation, the authors' own figure, and what it is meant to notice."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import linalg, ndimage, special

import upscale.evaluate
from upscale.errors import UpscaleError
from upscale.evaluate.luma import luma
from upscale.evaluate.niqe import niqe
from upscale.evaluate.pictures import read_rgb
from upscale.imresize import imresize_float

PRISTINE = Path(upscale.evaluate.__file__).with_name("niqe_pristine.npz")
GAM = np.arange(200, 10001) / 1000


def _textured(height: int, width: int) -> NDArray[np.float64]:
    """Noise of several sizes: no photograph, but every block holds texture."""
    generator = np.random.default_rng(5)
    layers = [ndimage.gaussian_filter(generator.normal(0, 30 * s, (height, width)), s) for s in (1, 2, 4)]
    return np.clip(np.rint(128 + sum(layers, np.zeros((height, width)))), 16, 235)


def _aggd(x: NDArray[np.float64]) -> tuple[float, float, float]:
    x = x.ravel()
    left, right = np.sqrt(np.mean(x[x < 0] ** 2)), np.sqrt(np.mean(x[x > 0] ** 2))
    skew = left / right
    wanted = np.mean(np.abs(x)) ** 2 / np.mean(x**2) * (skew**3 + 1) * (skew + 1) / (skew**2 + 1) ** 2
    gamma = special.gamma
    alpha = GAM[np.argmin((gamma(2 / GAM) ** 2 / (gamma(1 / GAM) * gamma(3 / GAM)) - wanted) ** 2)]
    spread = np.sqrt(gamma(1 / alpha) / gamma(3 / alpha))
    return float(alpha), float(left * spread), float(right * spread)


def _slow_niqe(y: NDArray[np.float64]) -> float:
    """Block by block, through scipy, with the window that was published beside the model."""
    model = np.load(PRISTINE)
    y = y[: y.shape[0] // 96 * 96, : y.shape[1] // 96 * 96]
    halves = []
    for plane, size in ((y, 96), (imresize_float(y, 0.5), 48)):
        mean = ndimage.correlate(plane, model["gaussian_window"], mode="nearest")
        square = ndimage.correlate(plane**2, model["gaussian_window"], mode="nearest")
        normalised = (plane - mean) / (np.sqrt(np.abs(square - mean**2)) + 1)
        rows = []
        for top in range(0, plane.shape[0], size):
            for start in range(0, plane.shape[1], size):
                block = normalised[top : top + size, start : start + size]
                alpha, left, right = _aggd(block)
                row = [alpha, (left + right) / 2]
                for down, across in ((0, 1), (1, 0), (1, 1), (1, -1)):
                    alpha, left, right = _aggd(block * np.roll(block, (down, across), (0, 1)))
                    lean = special.gamma(2 / alpha) / special.gamma(1 / alpha)
                    row += [alpha, (right - left) * lean, left, right]
                rows.append(row)
        halves.append(np.array(rows))
    features = np.concatenate(halves, axis=1)
    offset = model["mu_pris_param"][0] - features.mean(axis=0)
    return float(np.sqrt(offset @ linalg.pinv((model["cov_pris_param"] + np.cov(features.T)) / 2) @ offset))


@pytest.mark.parametrize("size", [(96, 192), (200, 100), (205, 290)])
def test_niqe_equals_the_slow_form(size: tuple[int, int]) -> None:
    y = _textured(*size)
    assert niqe(y) == pytest.approx(_slow_niqe(y), rel=1e-6)


def test_niqe_looks_at_whole_blocks_only() -> None:
    y = _textured(200, 300)
    assert niqe(y) == niqe(y[:192, :288])


@pytest.mark.parametrize("size", [(95, 400), (96, 191), (16, 16), (0, 0)])
def test_niqe_of_less_than_two_blocks_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(UpscaleError, match="at least 2 blocks of 96 x 96") as caught:
        niqe(np.zeros(size))
    assert f"{size[1]} x {size[0]}" in str(caught.value)


def test_niqe_of_a_picture_with_one_textured_block_is_refused() -> None:
    y = np.zeros((96, 288))
    y[:, :96] = _textured(96, 96)
    with pytest.raises(UpscaleError, match="textured"):
        niqe(y)


@pytest.mark.data
def test_niqe_of_baboon_is_the_authors_figure(data_folder: Path) -> None:
    y = luma(read_rgb(data_folder / "test/Set14/HR/baboon.png"), round_y=True)
    assert niqe(y) == pytest.approx(5.72957338, abs=1e-5)  # the MATLAB release on this file


@pytest.mark.data
@pytest.mark.parametrize("name", ["101085", "253027", "86000"])
def test_niqe_rises_with_noise_and_with_blur(data_folder: Path, name: str) -> None:
    y = luma(read_rgb(data_folder / f"test/BSD100/HR/{name}.png"), round_y=True)
    noise = np.random.default_rng(0).normal(0, 1, y.shape)
    noisy = [niqe(np.clip(np.rint(y + sigma * noise), 16, 235)) for sigma in (0, 8, 16, 32)]
    blurred = [niqe(np.rint(ndimage.gaussian_filter(y, sigma))) for sigma in (0, 1, 2, 4)]
    assert noisy == sorted(noisy)
    assert blurred == sorted(blurred)
