"""Peak signal-to-noise ratio."""

import math

import numpy as np
from numpy.typing import NDArray

from upscale.errors import BadInputError

PEAK = 255.0

Floats = NDArray[np.float64]


def psnr(sr: Floats, hr: Floats) -> float:
    """10 log10(255^2 / MSE) in decibels, the MSE over all planes; infinite for equal ones.

    Shape: (..., H, W) each, in [0, 255]. Raises BadInputError for planes without a pixel.
    """
    if 0 in hr.shape:
        raise BadInputError("PSNR needs at least one pixel inside the cropped border")
    mean_squared_error = float(np.square(sr - hr).mean())
    if mean_squared_error == 0:
        return math.inf
    return 10 * math.log10(PEAK**2 / mean_squared_error)
