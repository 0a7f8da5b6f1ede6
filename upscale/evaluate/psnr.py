"""Peak signal-to-noise ratio."""

import math
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from upscale.errors import BadInputError

PEAK = 255.0

Planes = TypeVar("Planes", NDArray[np.float64], Tensor)


def psnr(sr: Planes, hr: Planes) -> float:
    """10 log10(255^2 / MSE) in decibels, the MSE over all planes; infinite for equal ones.

    Shape: (..., H, W) each, float64, in [0, 255]; tensors are compared on their device. Raises BadInputError for
    planes without a pixel.
    """
    if 0 in hr.shape:
        raise BadInputError("PSNR needs at least one pixel inside the cropped border")
    mean_squared_error = float(((sr - hr) ** 2).mean())
    if mean_squared_error == 0:
        return math.inf
    return 10 * math.log10(PEAK**2 / mean_squared_error)
