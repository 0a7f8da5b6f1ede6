"""Rain: streaks in the air, and drops on the lens. Their sizes are in low-resolution pixels, times the scale."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from upscale.train.degrade.steps import Extent, Floats, Pixels, happens, to_pixels, uniform

_STREAKS_SHARE = 0.7
_STREAKS_PER_PIXEL = (0.005, 0.03)  # a low-resolution pixel
_DROPS_PER_PIXEL = (0.0005, 0.003)
_SUBPIXEL_BITS = 4  # of the positions that OpenCV draws lines at
# A streak fades towards its ends: shares of its length, and of its brightness, drawn over one another.
_TAPER = ((1.0, 0.3), (0.8, 0.6), (0.55, 0.85), (0.3, 1.0))


@dataclass(frozen=True)
class Streaks:
    """So many bright lines of about this length and angle from the vertical; `brightness` of the brightest, 0..1."""

    count: int
    length_px: float
    width_px: float
    angle: float
    brightness: float

    def apply(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        """Behind streaks: 1 - (1 - B)(1 - S), of Luo et al. 2015 ("Removing rain ... by sparse coding")."""
        streaks = self._layer(pixels.shape[0], pixels.shape[1], rng)
        return to_pixels(255 - (255 - pixels.astype(np.float32)) * (1 - streaks[..., None]))

    def _layer(self, height_px: int, width_px: int, rng: np.random.Generator) -> Floats:
        """Shape: (height_px, width_px), 0..1."""
        layer = np.zeros((height_px, width_px), np.uint8)
        middles = rng.uniform((0, 0), (width_px, height_px), (self.count, 2))
        angles = self.angle + rng.normal(0, 0.03, self.count)
        halves = 0.5 * self.length_px * rng.uniform(0.5, 1.2, self.count)
        ways = halves[:, None] * np.stack([np.sin(angles), np.cos(angles)], axis=1)
        levels = rng.uniform(0.2, 1, self.count) ** 2 * self.brightness * 255
        width = max(1, round(self.width_px))
        for way, middle, level in zip(ways, middles, levels.tolist(), strict=True):
            for length, share in _TAPER:
                start, end = (_fixed(middle + sign * length * way) for sign in (-1, 1))
                cv2.line(layer, start, end, level * share, width, cv2.LINE_AA, _SUBPIXEL_BITS)
        soft = cv2.GaussianBlur(layer, (0, 0), max(0.6, self.width_px / 2))
        return np.asarray(soft / np.float32(255), np.float32)


def _fixed(point: NDArray[np.float64]) -> tuple[int, int]:
    """As OpenCV takes parts of pixels."""
    x, y = np.rint(point * 2**_SUBPIXEL_BITS).astype(int).tolist()
    return x, y


@dataclass(frozen=True)
class Drops:
    """So many drops of up to this radius: each shows what is about it upside down, small and out of focus."""

    count: int
    radius_px: float
    brightness: float

    def apply(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        """Behind drops: I = (1 - M) B + R, Qian et al. 2018, "Attentive GAN for raindrop removal", eq. 1."""
        height, width = pixels.shape[:2]
        y, x = np.mgrid[:height, :width].astype(np.float32)
        source_y, source_x, mask = y.copy(), x.copy(), np.zeros((height, width), np.float32)
        for _ in range(self.count):
            middle_y, middle_x = rng.uniform((0, 0), (height, width)).astype(np.float32)
            radius_y, radius_x = (self.radius_px * rng.uniform((0.6, 0.5), (1.2, 1.0))).astype(np.float32)
            share = _soft_disc((y - middle_y) / radius_y, (x - middle_x) / radius_x)
            inside = share > mask
            # A lens of water turns the view upside down, and shows about three times its own width.
            source_y[inside], source_x[inside] = (4 * middle_y - 3 * y)[inside], (4 * middle_x - 3 * x)[inside]
            mask = np.maximum(mask, share)
        seen = cv2.remap(pixels, source_x, source_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        refracted = cv2.GaussianBlur(seen, (0, 0), max(0.5, self.radius_px / 8)).astype(np.float32) * self.brightness
        return to_pixels(pixels + (refracted - pixels) * mask[..., None])


def _soft_disc(y: Floats, x: Floats) -> Floats:
    """1 within, 0 beyond the circle of radius 1, soft between 0.7 and 1."""
    return np.clip((1 - np.hypot(y, x)) / 0.3, 0, 1)


def draw_rain(extent: Extent, rng: np.random.Generator) -> Streaks | Drops:
    """Streaks, or drops."""
    area_px, scale = math.prod(extent.low), extent.scale
    if happens(rng, _STREAKS_SHARE):
        count = max(1, round(uniform(rng, _STREAKS_PER_PIXEL) * area_px))
        length_px, width_px = uniform(rng, (5, 20)) * scale, uniform(rng, (0.3, 0.8)) * scale
        return Streaks(count, length_px, width_px, uniform(rng, (-0.5, 0.5)), uniform(rng, (0.3, 0.9)))
    count = max(1, round(uniform(rng, _DROPS_PER_PIXEL) * area_px))
    return Drops(count, uniform(rng, (3, 9)) * scale, uniform(rng, (0.8, 1.1)))
