"""Peak signal-to-noise ratio."""

import math

import numpy as np
from numpy.typing import NDArray

from upscale.errors import BadInputError

PEAK = 255.0


def psnr(sr: NDArray[np.float64], hr: NDArray[np.float64]) -> float:
    """10 log10(255^2 / MSE) in decibels; infinite for equal planes.

    Shape: (H, W) each, in [0, 255]. Raises BadInputError for planes without a pixel.
    """
    if hr.size == 0:
        raise BadInputError("PSNR needs at least one pixel inside the cropped border")
    mean_squared_error = float(np.mean(np.square(sr - hr)))
    if mean_squared_error == 0:
        return math.inf
    return 10 * math.log10(PEAK**2 / mean_squared_error)
