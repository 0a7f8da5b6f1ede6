"""Noise of sensors as published degradation models have it: Gaussian, and Poisson, which grows with the light."""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from upscale.train.degrade.steps import Floats, Pixels, Range, happens, to_pixels, uniform

_GRAY_SHARE = 0.4  # Real-ESRGAN's gray_noise_prob
_LOTS = 4096


@dataclass(frozen=True)
class GaussianNoise:
    """Of the standard deviation `sigma` in levels of 0..255; gray noise is the same in every channel."""

    sigma: float
    gray: bool

    def apply(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        """With noise."""
        shape = (*pixels.shape[:2], 1) if self.gray else pixels.shape
        return to_pixels(pixels + rng.standard_normal(shape, np.float32) * np.float32(self.sigma))


@dataclass(frozen=True)
class PoissonNoise:
    """Of a pixel that counted as many photons as it has levels, the deviation then multiplied by `strength`.

    Its variance is strength^2 times the level (BasicSR's `poisson_scale_range`). Gray noise is that of the luma.
    """

    strength: float
    gray: bool

    def apply(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        """With noise."""
        levels = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[..., None] if self.gray else pixels
        lots = rng.integers(_LOTS, size=levels.shape, dtype=np.uint16)
        deviation = _deviations().take(np.asarray(levels, np.int32) * _LOTS + lots)
        return to_pixels(pixels + deviation * np.float32(self.strength))


@cache
def _deviations() -> Floats:
    """What each of `_LOTS` equally likely outcomes counts more than expected. Shape: (256 * _LOTS,).

    The quantiles of Poisson's distribution for every level. Looking them up is five times as fast as drawing counts.
    """
    counts = np.arange(512)
    logarithms = np.log(np.maximum(counts, 1))
    expected = np.arange(256)[:, None]
    chances = np.exp(counts * np.log(np.maximum(expected, 1e-12)) - expected - np.cumsum(logarithms))
    quantiles = (np.arange(_LOTS) + 0.5) / _LOTS
    found = [np.searchsorted(row, quantiles) for row in np.cumsum(chances, axis=1)]
    return (np.stack(found) - expected).astype(np.float32).ravel()


def draw_gaussian_noise(sigmas: Range, rng: np.random.Generator) -> GaussianNoise:
    """Gray four times out of ten."""
    return GaussianNoise(uniform(rng, sigmas), happens(rng, _GRAY_SHARE))


def draw_poisson_noise(strengths: Range, rng: np.random.Generator) -> PoissonNoise:
    """Gray four times out of ten."""
    return PoissonNoise(uniform(rng, strengths), happens(rng, _GRAY_SHARE))
