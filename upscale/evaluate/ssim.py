"""Structural similarity (Wang, Bovik, Sheikh, Simoncelli: IEEE Trans. Image Processing 13, 2004)."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from upscale.errors import BadInputError

# The paper's window and constants (section III.C), with L = 255.
WINDOW_PX = 11
SIGMA_PX = 1.5
C1 = (0.01 * 255) ** 2
C2 = (0.03 * 255) ** 2
C3 = C2 / 2

Floats = NDArray[np.float64]
Exponents = tuple[float, float, float]
PLAIN: Exponents = (1.0, 1.0, 1.0)


def ssim(sr: Floats, hr: Floats, exponents: Exponents = PLAIN) -> float:
    """Mean similarity over every place where the whole window lies inside the picture; 1 for equal planes.

    Equation 12, luminance^a * contrast^b * structure^c, which is equation 13 for exponents of 1. Structure may be
    negative: under a whole exponent its power is what it is, under any other its sign is kept, as the power does
    not exist. Shape: (..., H, W) each, in [0, 255]. Nothing is reduced in size first, unlike in the authors' own
    script. Raises BadInputError for planes smaller than the window.
    """
    height, width = hr.shape[-2:]
    if min(height, width) < WINDOW_PX:
        raise BadInputError(
            f"SSIM needs {WINDOW_PX} x {WINDOW_PX} pixels inside the cropped border, not {width} x {height}"
        )
    at = _moments(sr, hr)
    luminance = (2 * at.mean_sr * at.mean_hr + C1) / (at.mean_sr**2 + at.mean_hr**2 + C1)
    if exponents == PLAIN:
        contrast_structure = (2 * at.covariance + C2) / (at.variance_sr + at.variance_hr + C2)
        return float((luminance * contrast_structure).mean())
    # Rounding may leave a flat place less than no variance.
    deviations = at.variance_sr.clip(min=0) ** 0.5 * at.variance_hr.clip(min=0) ** 0.5
    contrast = (2 * deviations + C2) / (at.variance_sr + at.variance_hr + C2)
    structure = (at.covariance + C3) / (deviations + C3)
    a, b, c = exponents
    return float((luminance**a * contrast**b * _power(structure, c)).mean())


def _power(structure: Floats, exponent: float) -> Floats:
    if float(exponent).is_integer():
        return structure**exponent
    return np.abs(structure) ** exponent * np.sign(structure)


@dataclass(frozen=True)
class _Moments:
    """What the window sees around each place. Shape: (..., H - 10, W - 10) each."""

    mean_sr: Floats
    mean_hr: Floats
    variance_sr: Floats
    variance_hr: Floats
    covariance: Floats


def _moments(sr: Floats, hr: Floats) -> _Moments:
    mean_sr, mean_hr = _window_mean(sr), _window_mean(hr)
    return _Moments(
        mean_sr,
        mean_hr,
        _window_mean(sr * sr) - mean_sr**2,
        _window_mean(hr * hr) - mean_hr**2,
        _window_mean(sr * hr) - mean_sr * mean_hr,
    )


def _window_mean(planes: Floats) -> Floats:
    """Gaussian-weighted means. Shape: (..., H, W) -> (..., H - 10, W - 10)."""
    taps = cv2.getGaussianKernel(WINDOW_PX, SIGMA_PX, cv2.CV_64F)
    edge = WINDOW_PX // 2
    height, width = planes.shape[-2:]
    # 20 times as quick as torch's convolutions in float64.
    blurred = [cv2.sepFilter2D(plane, cv2.CV_64F, taps, taps) for plane in planes.reshape(-1, height, width)]
    return np.asarray(blurred, np.float64).reshape(planes.shape)[..., edge:-edge, edge:-edge]
