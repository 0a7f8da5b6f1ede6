"""Blur: lenses, scaling that smooths, and the ringing of those who sharpen."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from upscale.train.degrade.kernels import Kernel, distance, gaussian, plateau, sinc, trimmed
from upscale.train.degrade.steps import Pixels, Range, choose, happens, to_pixels, uniform

Shape = Literal["gaussian", "generalised", "plateau"]

# Real-ESRGAN's published options (train_realesrgan_x4plus.yml): kernels of 7 to 21 pixels, their kinds and shares.
_SIZES_PX = (7, 21)
_SHAPES: dict[Shape, float] = {"gaussian": 0.70, "generalised": 0.15, "plateau": 0.15}
_ISOTROPIC: dict[Shape, float] = {"gaussian": 0.45 / 0.70, "generalised": 0.8, "plateau": 0.8}
_BETA_GENERALISED = ((0.5, 1.0), (1.0, 4.0))  # pointed or flat, each half of the time
_BETA_PLATEAU = ((1.0, 1.0), (1.0, 2.0))
_SINC_SHARE = 0.1


@dataclass(frozen=True)
class Blur:
    """A kernel of elliptic level lines; `angle` in radians, `beta` as the shape has it."""

    shape: Shape
    size_px: int
    sigma_x_px: float
    sigma_y_px: float
    angle: float
    beta: float

    def apply(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        """Blurred; what lies beyond the edge is mirrored."""
        return filtered(pixels, self.kernel())

    def kernel(self) -> Kernel:
        """Shape: (size_px, size_px)."""
        squared = distance(self.size_px, self.sigma_x_px, self.sigma_y_px, self.angle)
        return plateau(squared, self.beta) if self.shape == "plateau" else gaussian(squared, self.beta)


@dataclass(frozen=True)
class Sinc:
    """An ideal low pass: ringing and overshoot beside edges; `cutoff` in radians a pixel."""

    size_px: int
    cutoff: float

    def apply(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        """Low-pass filtered; what lies beyond the edge is mirrored."""
        return filtered(pixels, sinc(self.size_px, self.cutoff))


def filtered(pixels: Pixels, kernel: Kernel) -> Pixels:
    """Each channel by the kernel. In float, which OpenCV filters twice as fast as bytes."""
    levels = pixels.astype(np.float32)
    return to_pixels(
        np.asarray(cv2.filter2D(levels, -1, trimmed(kernel), borderType=cv2.BORDER_REFLECT_101), np.float32)
    )


def draw_blur(sigmas_px: Range, rng: np.random.Generator) -> Blur | Sinc:
    """One of Real-ESRGAN's kernels, a tenth of them sinc."""
    if happens(rng, _SINC_SHARE):
        return _draw_sinc(rng)
    shape = choose(rng, _SHAPES)
    sharp, flat = {"generalised": _BETA_GENERALISED, "plateau": _BETA_PLATEAU}.get(shape, ((1.0, 1.0), (1.0, 1.0)))
    beta = uniform(rng, sharp if happens(rng, 0.5) else flat)
    return _draw_ellipse(shape, beta, sigmas_px, _ISOTROPIC[shape], rng)


def draw_gaussian(sigmas_px: Range, rng: np.random.Generator) -> Blur:
    """A Gaussian kernel, isotropic half of the time."""
    return _draw_ellipse("gaussian", 1.0, sigmas_px, 0.5, rng)


def draw_last_sinc(rng: np.random.Generator) -> Sinc:
    """That of the chain's end, not below a third of the band."""
    return Sinc(_draw_size(rng), uniform(rng, (np.pi / 3, np.pi)))


def _draw_sinc(rng: np.random.Generator) -> Sinc:
    """Small kernels are not cut off so low that they lose their lobes."""
    size_px = _draw_size(rng)
    return Sinc(size_px, uniform(rng, (np.pi / 3 if size_px < 13 else np.pi / 5, np.pi)))


def _draw_ellipse(shape: Shape, beta: float, sigmas_px: Range, isotropic: float, rng: np.random.Generator) -> Blur:
    size_px = _draw_size(rng)
    along_px = uniform(rng, sigmas_px)
    if happens(rng, isotropic):
        return Blur(shape, size_px, along_px, along_px, 0.0, beta)
    return Blur(shape, size_px, along_px, uniform(rng, sigmas_px), uniform(rng, (-np.pi, np.pi)), beta)


def _draw_size(rng: np.random.Generator) -> int:
    smallest, largest = _SIZES_PX
    return smallest + 2 * int(rng.integers((largest - smallest) // 2 + 1))
