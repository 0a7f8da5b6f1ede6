"""Structural similarity (Wang, Bovik, Sheikh, Simoncelli: IEEE Trans. Image Processing 13, 2004, eq. 13)."""

import cv2
import numpy as np
from numpy.typing import NDArray

from upscale.errors import BadInputError

# The paper's window and constants (section III.C), with L = 255.
WINDOW_PX = 11
SIGMA_PX = 1.5
C1 = (0.01 * 255) ** 2
C2 = (0.03 * 255) ** 2


def ssim(sr: NDArray[np.float64], hr: NDArray[np.float64]) -> float:
    """Mean similarity over every place where the whole window lies inside the picture; 1 for equal planes.

    Shape: (H, W) each, in [0, 255]. Nothing is reduced in size first, unlike in the authors' own script.
    Raises BadInputError for planes smaller than the window.
    """
    if min(hr.shape) < WINDOW_PX:
        height, width = hr.shape
        raise BadInputError(
            f"SSIM needs {WINDOW_PX} x {WINDOW_PX} pixels inside the cropped border, not {width} x {height}"
        )
    mean_sr, mean_hr = _window_mean(sr), _window_mean(hr)
    variance_sr = _window_mean(sr * sr) - mean_sr**2
    variance_hr = _window_mean(hr * hr) - mean_hr**2
    covariance = _window_mean(sr * hr) - mean_sr * mean_hr
    brightness = (2 * mean_sr * mean_hr + C1) / (mean_sr**2 + mean_hr**2 + C1)
    structure = (2 * covariance + C2) / (variance_sr + variance_hr + C2)
    return float(np.mean(brightness * structure))


def _window_mean(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gaussian-weighted means. Shape: (H, W) -> (H - 10, W - 10)."""
    taps = cv2.getGaussianKernel(WINDOW_PX, SIGMA_PX, cv2.CV_64F)
    edge = WINDOW_PX // 2
    blurred: NDArray[np.float64] = np.asarray(cv2.sepFilter2D(plane, cv2.CV_64F, taps, taps), np.float64)
    return blurred[edge:-edge, edge:-edge]
