"""MATLAB's `imresize(..., 'bicubic')`, exactly: what every published low-resolution test file was made with.

The kernel is Keys' cubic with a = -0.5 (IEEE Trans. ASSP 29, 1981, eq. 15), stretched by the factor when
shrinking so that it also removes aliases. Rows are made first, then columns; on uint8 pictures the result is
rounded after each of the two. OpenCV's INTER_CUBIC is another kernel and moves every score by half a decibel.
"""

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Border = Literal["symmetric", "clamp"]


def imresize(pixels: NDArray[np.uint8], scale: float, *, border: Border = "symmetric") -> NDArray[np.uint8]:
    """Resize an 8-bit picture as MATLAB does. Shape: (H, W) or (H, W, C) -> ceil(H * scale), ceil(W * scale)."""
    rows = _round(_resize_axis(pixels, scale, border))
    columns = _resize_axis(rows.swapaxes(0, 1), scale, border)
    return np.ascontiguousarray(_round(columns).swapaxes(0, 1).astype(np.uint8))


def imresize_float(pixels: NDArray[np.float64], scale: float, *, border: Border = "symmetric") -> NDArray[np.float64]:
    """The same without any rounding, for pictures of floats. Shape: as `imresize`."""
    rows = _resize_axis(pixels, scale, border)
    return np.ascontiguousarray(_resize_axis(rows.swapaxes(0, 1), scale, border).swapaxes(0, 1))


def _round(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """MATLAB's conversion to uint8: halves go up, the rest is clamped."""
    return np.clip(np.floor(values + 0.5), 0, 255)


def _resize_axis(values: NDArray[np.float64] | NDArray[np.uint8], scale: float, border: Border) -> NDArray[np.float64]:
    """Resize the first axis. Shape: (n, ...) -> (ceil(n * scale), ...)."""
    weights, taps = _contributions(values.shape[0], scale, border)
    extra = (1,) * (values.ndim - 1)
    result = np.zeros((weights.shape[0], *values.shape[1:]))
    for weight, tap in zip(weights.T, taps.T, strict=True):
        result += weight.reshape(-1, *extra) * values[tap]
    return result


def _contributions(length: int, scale: float, border: Border) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Which input samples make each output sample, and how much. Shape: (outputs, taps) each."""
    stretch = min(scale, 1.0)
    reach = 2 / stretch  # the cubic kernel is zero beyond 2 samples
    count = math.ceil(reach * 2) + 2
    centres = (np.arange(math.ceil(length * scale)) + 0.5) / scale - 0.5
    first = np.floor(centres - reach).astype(np.intp) + 1
    taps = first[:, None] - 1 + np.arange(count)
    weights = cubic((centres[:, None] - taps) * stretch)
    weights /= weights.sum(axis=1, keepdims=True)
    used = weights.any(axis=0)
    return weights[:, used], _inside(taps[:, used], length, border)


def _inside(taps: NDArray[np.intp], length: int, border: Border) -> NDArray[np.intp]:
    """Indices beyond the edge: mirrored about it (the edge sample twice), or the edge sample itself."""
    if border == "clamp":
        return np.clip(taps, 0, length - 1)
    mirrored = np.concatenate([np.arange(length), np.arange(length - 1, -1, -1)])
    return mirrored[np.mod(taps, 2 * length)]


def cubic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys' kernel with a = -0.5."""
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x <= 1, near, np.where(x <= 2, far, 0.0))
