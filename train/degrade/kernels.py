"""Blur kernels: odd squares that sum to 1 and whose centre of mass is their middle, so that nothing moves.

Gaussian, generalised Gaussian, plateau and sinc as Real-ESRGAN has them (Wang et al. 2021, sections 3.1 and 3.3).
"""

import numpy as np
from numpy.typing import NDArray

Kernel = NDArray[np.float32]

# Bessel's integral by the midpoint rule. It converges as soon as there are more nodes than half the argument: at most
# pi * 10 * sqrt(2) = 44 in a kernel of 21. Against scipy the largest error is below 1e-12.
_NODES = (np.arange(48) + 0.5) * np.pi / 48
_TRIMMED = 0.002


def distance(size_px: int, sigma_x_px: float, sigma_y_px: float, angle: float) -> NDArray[np.float64]:
    """Every tap's squared distance from the middle in units of the ellipse's half axes, turned by `angle`.

    Shape: (size_px, size_px). `sigma_x_px` lies along (cos, sin) of `angle` in (x, y), y pointing down. It is the
    quadratic form C^T Sigma^-1 C of the paper.
    """
    offsets = np.arange(size_px, dtype=np.float64) - size_px // 2
    x, y = offsets[None, :], offsets[:, None]
    along = x * np.cos(angle) + y * np.sin(angle)
    across = y * np.cos(angle) - x * np.sin(angle)
    return np.asarray((along / sigma_x_px) ** 2 + (across / sigma_y_px) ** 2)


def gaussian(squared: NDArray[np.float64], beta: float = 1.0) -> Kernel:
    """Of the squared distances; `beta` below 1 gives it a peak and long tails, above 1 a flat top."""
    return normalised(np.exp(-0.5 * squared**beta))


def plateau(squared: NDArray[np.float64], beta: float) -> Kernel:
    """A top that falls off slowly."""
    return normalised(1 / (1 + squared**beta))


def sinc(size_px: int, cutoff: float) -> Kernel:
    """The ideal low pass of a disc of frequencies, cut to a square: it rings. 0 < cutoff <= pi."""
    offsets = np.arange(size_px // 2 + 1)
    radius = np.hypot(offsets[:, None], offsets[None, :])
    radius[0, 0] = 1.0
    quarter = cutoff * bessel_j1(cutoff * radius) / (2 * np.pi * radius)
    quarter[0, 0] = cutoff**2 / (4 * np.pi)
    reach = size_px // 2
    return normalised(np.pad(quarter, ((reach, 0), (reach, 0)), mode="reflect"))


def bessel_j1(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bessel's function of the first kind and order 1, for |x| up to 60, by his integral (DLMF 10.9.2)."""
    return np.asarray(np.cos(_NODES - x[..., None] * np.sin(_NODES)).mean(axis=-1))


def path_kernel(path: NDArray[np.float64], size_px: int) -> Kernel:
    """The light that a point leaves on its way, about the middle of the way.

    Shape: (N, 2), y and x in pixels. Each position is shared among its four neighbours in proportion to nearness,
    which keeps the centre of mass. What leads out of the square is put onto its edge.
    """
    reach = size_px // 2
    centred = np.clip(path - path.mean(axis=0) + reach, 0, size_px - 1 - 1e-9)
    corner = centred.astype(np.intp)
    y, x = (centred - corner).T
    kernel = np.zeros((size_px + 1, size_px + 1))
    for down, right, share in ((0, 0, (1 - y) * (1 - x)), (0, 1, (1 - y) * x), (1, 0, y * (1 - x)), (1, 1, y * x)):
        np.add.at(kernel, (corner[:, 0] + down, corner[:, 1] + right), share)
    return normalised(kernel[:size_px, :size_px])


def trimmed(kernel: Kernel) -> Kernel:
    """Without the rings about it that hold almost nothing: a filter's time goes by its area.

    What is cut off weighs 0.002 at the most: half a level beside the sharpest edge there is.
    """
    size_px = kernel.shape[0]
    offsets = np.abs(np.arange(size_px) - size_px // 2)
    rings = np.maximum(offsets[:, None], offsets[None, :])
    outermost_first = np.bincount(rings.ravel(), np.abs(kernel).ravel())[::-1]
    cut = int(np.searchsorted(np.cumsum(outermost_first), _TRIMMED))
    return normalised(kernel[cut : size_px - cut, cut : size_px - cut])


def normalised(kernel: NDArray[np.floating]) -> Kernel:
    """With a sum of 1."""
    return np.asarray(kernel / kernel.sum(), np.float32)
