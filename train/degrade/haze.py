"""Haze: light that is lost on its way, and the light of the air in its place."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from upscale.train.degrade.steps import Floats, Pixels, to_pixels, uniform

# RESIDE's ranges (Li et al., "Benchmarking Single-Image Dehazing and Beyond", 2019, section III).
_AIRLIGHT = (0.7, 1.0)
_BETA = (0.6, 1.8)
_HILLS = 4  # a side of the grid that depth is drawn on: a crop sees little of a scene


@dataclass(frozen=True)
class Haze:
    """Of the density `beta` a unit of depth; depth lies between `near` and `far`; the air's colour is 0..1."""

    beta: float
    near: float
    far: float
    red: float
    green: float
    blue: float

    def apply(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        """Behind haze, the depth of the scene drawn here."""
        height, width = pixels.shape[:2]
        depth = self.near + (self.far - self.near) * smooth_depth(height, width, rng)
        airlight = np.array([self.red, self.green, self.blue], np.float32) * 255
        return to_pixels(scattered(pixels, np.asarray(np.exp(-self.beta * depth), np.float32), airlight))


def scattered(pixels: Pixels, transmission: Floats, airlight: NDArray[np.float32]) -> Floats:
    """I = J t + A (1 - t): Koschmieder's law, as by Narasimhan and Nayar ("Vision and the Atmosphere", 2002).

    Shape: (H, W, 3), (H, W), (3,) -> (H, W, 3), in levels.
    """
    share = transmission[..., None]
    return np.asarray(pixels * share + airlight * (1 - share), np.float32)


def smooth_depth(height_px: int, width_px: int, rng: np.random.Generator) -> Floats:
    """A slope with hills, from 0 to 1. Shape: (height_px, width_px)."""
    y, x = np.linspace(-1, 1, _HILLS)[:, None], np.linspace(-1, 1, _HILLS)[None, :]
    angle = rng.uniform(-np.pi, np.pi)
    coarse = np.sin(angle) * y + np.cos(angle) * x + 0.4 * rng.standard_normal((_HILLS, _HILLS))
    fine = cv2.resize(coarse.astype(np.float32), (width_px, height_px), interpolation=cv2.INTER_CUBIC)
    return np.asarray((fine - fine.min()) / max(float(np.ptp(fine)), 1e-6), np.float32)


def draw_haze(rng: np.random.Generator) -> Haze:
    """From a veil to a depth where a quarter of the light comes through; air a little off gray."""
    near = uniform(rng, (0.1, 0.8))
    red, green, blue = np.clip(uniform(rng, _AIRLIGHT) + rng.uniform(-0.03, 0.03, 3), 0, 1)
    return Haze(uniform(rng, _BETA), near, near + uniform(rng, (0.05, 0.5)), float(red), float(green), float(blue))
