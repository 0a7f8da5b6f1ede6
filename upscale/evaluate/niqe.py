"""Naturalness without a reference (Mittal, Soundararajan, Bovik: IEEE Signal Processing Letters 20, 2013).

Compares the statistics of a picture's blocks with those of undistorted photographs: lower is more natural.
The pristine model is the authors' own; origin and notice are in NIQE_LICENCE.txt.
"""

import math
from dataclasses import dataclass
from functools import cache
from importlib import resources

import cv2
import numpy as np
from numpy.typing import NDArray

from upscale.errors import BadInputError
from upscale.imresize import imresize_float

Floats = NDArray[np.float64]

# What the pristine model was measured with (the release's own settings).
BLOCK_PX = 96
SCALES = 2
WINDOW_PX, SIGMA_PX = 7, 7 / 6
NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))


def niqe(y: Floats) -> float:
    """Distance of a picture from undistorted photographs; photographs score about 2 to 6.

    Shape: (H, W), the whole-numbered Y of `luma(..., round_y=True)`. Rows and columns beyond a multiple of 96
    are not looked at. Raises BadInputError where fewer than two blocks of 96 x 96 hold any texture: their
    covariance does not exist. Scores of pictures under 192 x 192 mean little for the same reason.
    """
    features = _block_features(_whole_blocks(y))
    textured = features[~np.isnan(features).any(axis=1)]
    if len(textured) < 2:
        raise BadInputError(f"NIQE needs at least 2 textured blocks of {BLOCK_PX} x {BLOCK_PX} pixels")
    pristine_mean, pristine_covariance = _pristine_model()
    offset = pristine_mean - np.nanmean(features, axis=0)
    covariance = (pristine_covariance + np.cov(textured, rowvar=False)) / 2
    return math.sqrt(offset @ np.linalg.pinv(covariance) @ offset)


def _whole_blocks(y: Floats) -> Floats:
    """The part that divides into blocks, from the top left corner."""
    height, width = y.shape
    down, across = height // BLOCK_PX, width // BLOCK_PX
    if down * across < 2:
        raise BadInputError(
            f"NIQE needs at least 2 blocks of {BLOCK_PX} x {BLOCK_PX} pixels inside the cropped border,"
            f" there are {width} x {height} pixels"
        )
    return y[: down * BLOCK_PX, : across * BLOCK_PX]


def _block_features(y: Floats) -> Floats:
    """Eighteen numbers a block at full size and at half size. Shape: (H, W) -> (blocks, 36)."""
    columns = []
    for octave in range(SCALES):
        blocks = _split(_normalised(y), BLOCK_PX >> octave)
        columns += _features(blocks)
        y = imresize_float(y, 0.5)
    return np.stack(columns, axis=1)


def _normalised(y: Floats) -> Floats:
    """Each pixel less its surroundings' mean, in units of their contrast. Shape: (H, W)."""
    taps = cv2.getGaussianKernel(WINDOW_PX, SIGMA_PX, cv2.CV_64F)
    mean = cv2.sepFilter2D(y, cv2.CV_64F, taps, taps, borderType=cv2.BORDER_REPLICATE)
    mean_square = cv2.sepFilter2D(y * y, cv2.CV_64F, taps, taps, borderType=cv2.BORDER_REPLICATE)
    contrast = np.sqrt(np.abs(mean_square - mean**2))
    normalised: Floats = (y - mean) / (contrast + 1)
    return normalised


def _split(plane: Floats, block_px: int) -> Floats:
    """Blocks in reading order. Shape: (H, W) -> (blocks, block_px, block_px)."""
    down, across = plane.shape[0] // block_px, plane.shape[1] // block_px
    grid = plane.reshape(down, block_px, across, block_px).swapaxes(1, 2)
    return grid.reshape(down * across, block_px, block_px)


def _features(blocks: Floats) -> list[Floats]:
    """Shape and spread of the values, and of their products with four neighbours.

    Shape: 18 arrays (blocks,). Neighbours wrap round inside a block, as in the authors' release.
    """
    shape, left, right, _ = _fit(blocks)
    found = [shape, (left + right) / 2]
    for shift in NEIGHBOURS:
        shape, left, right, mean = _fit(blocks * np.roll(blocks, shift, axis=(1, 2)))
        found += [shape, mean, left, right]
    return found


@dataclass(frozen=True)
class _Shapes:
    """Facts of the generalised Gaussian for each shape parameter that a fit may find. Shape: (9801,) each."""

    shape: Floats
    ratio: Floats  # E|x|^2 / E[x^2] of the symmetric distribution; rises with the shape
    spread: Floats  # beta / standard deviation
    lean: Floats  # mean / (beta right - beta left)


@cache
def _shapes() -> _Shapes:
    """The release looks its fits up at 0.2, 0.201, ... 10; so must we, to agree to the last digit."""
    shape = np.linspace(0.2, 10, 9801)
    one, two, three = (np.array([math.gamma(n / value) for value in shape]) for n in (1, 2, 3))
    return _Shapes(shape, ratio=two**2 / (one * three), spread=np.sqrt(one / three), lean=two / one)


def _fit(samples: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Fit an asymmetric generalised Gaussian to each block by its moments (Lasmar et al., ICIP 2009).

    Shape: (blocks, n, n) -> shape, left and right beta, mean, (blocks,) each; NaN where a block has no sample
    on one side of zero.
    """
    flat = samples.reshape(len(samples), -1)
    with np.errstate(invalid="ignore"):  # 0 / 0 of a block without texture is the NaN that is meant
        left, right = _one_sided_deviation(np.minimum(flat, 0)), _one_sided_deviation(np.maximum(flat, 0))
        skew = left / right
        ratio = np.mean(np.abs(flat), axis=1) ** 2 / np.mean(flat**2, axis=1)
        ratio *= (skew**3 + 1) * (skew + 1) / (skew**2 + 1) ** 2
    table = _shapes()
    found = _nearest(table.ratio, ratio)
    beta_left, beta_right = left * table.spread[found], right * table.spread[found]
    return table.shape[found], beta_left, beta_right, (beta_right - beta_left) * table.lean[found]


def _one_sided_deviation(flat: Floats) -> Floats:
    """Root mean square of the samples that are not zero. Shape: (blocks, n) -> (blocks,)."""
    deviation: Floats = np.sqrt(np.sum(flat**2, axis=1) / np.count_nonzero(flat, axis=1))
    return deviation


def _nearest(ascending: Floats, values: Floats) -> NDArray[np.intp]:
    """Index of the entry nearest to each value; 0 for NaN, as MATLAB's min over NaNs gives."""
    above = np.clip(np.searchsorted(ascending, values), 1, len(ascending) - 1)
    below_is_nearer = values - ascending[above - 1] <= ascending[above] - values
    return np.where(np.isnan(values), 0, np.where(below_is_nearer, above - 1, above))


def _pristine_model() -> tuple[Floats, Floats]:
    """Mean (36,) and covariance (36, 36) of the features of undistorted photographs."""
    file = resources.files("upscale.evaluate") / "niqe_pristine.npz"
    with file.open("rb") as opened, np.load(opened) as model:
        return model["mu_pris_param"].ravel(), model["cov_pris_param"]
