"""The noise of a camera: put onto the mosaic of its sensor, then developed with the picture.

The model of Brooks et al., "Unprocessing Images for Learned Raw Denoising" (CVPR 2019, section 3), made small: one
colour matrix, the mean of its four; no protection of highlights, so that without noise the way there and back changes
nothing but what the mosaic takes.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from upscale.train.degrade.steps import Floats, Pixels, to_pixels, uniform

# Linear sRGB to the camera's colours, rows summing to 1: the mean of the four matrices XYZ to camera of the Darmstadt
# noise dataset that the paper mixes, times sRGB to XYZ (its section 3.5).
_XYZ_TO_CAMERA = ((0.7531, -0.2055, -0.0917), (-0.4856, 1.3396, 0.1717), (-0.0966, 0.1837, 0.6052))
_RGB_TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
_GREEN = np.array([[0, 0.25, 0], [0.25, 1, 0.25], [0, 0.25, 0]], np.float32)
_RED_BLUE = np.array([[0.25, 0.5, 0.25], [0.5, 1, 0.5], [0.25, 0.5, 0.25]], np.float32)
_CURVE_STEPS = 4096


@dataclass(frozen=True)
class CameraNoise:
    """Variance `shot` times the signal plus `read` at the sensor, both of a full scale of 1; white balance gains."""

    shot: float
    read: float
    brightness: float
    red_gain: float
    blue_gain: float

    def apply(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        """Unprocessed, mosaicked, with noise, demosaicked and processed again."""
        height, width = pixels.shape[:2]
        # A mosaic of one row or column would have no blue.
        padded = cv2.copyMakeBorder(pixels, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
        balanced = _mosaic(_transformed(_linear()[padded], _matrix()))
        deviation = self._deviation(balanced)
        noisy = balanced + rng.standard_normal(balanced.shape, np.float32) * deviation
        light = _transformed(_demosaicked(np.minimum(noisy, 1)), np.asarray(np.linalg.inv(_matrix()), np.float32))
        return _developed(light)[:height, :width]

    def _deviation(self, balanced: Floats) -> Floats:
        """Of a mosaic after white balance, before which the sensor saw it darker. Shape: (H, W)."""
        gains = np.array([[self.red_gain, 1], [1, self.blue_gain]], np.float32) * np.float32(self.brightness)
        gains = np.tile(gains, (balanced.shape[0] // 2, balanced.shape[1] // 2))
        return np.asarray(gains * np.sqrt(balanced / gains * np.float32(self.shot) + np.float32(self.read)))


def draw_camera_noise(rng: np.random.Generator) -> CameraNoise:
    """The paper's distributions of noise (section 3.1) and of gains (3.3 and 3.4), numbers as in its code."""
    shot = float(np.exp(uniform(rng, (np.log(1e-4), np.log(0.012)))))
    read = float(np.exp(2.18 * np.log(shot) + 1.2 + 0.26 * rng.standard_normal()))
    brightness = 1 / max(0.5, 0.8 + 0.1 * rng.standard_normal())
    return CameraNoise(shot, read, float(brightness), uniform(rng, (1.9, 2.4)), uniform(rng, (1.5, 1.9)))


def _mosaic(camera: Floats) -> Floats:
    """Red, green, green, blue in squares of 2 x 2. Shape: (H, W, 3) -> (H, W), H and W even."""
    mosaic = camera[..., 1].copy()
    mosaic[0::2, 0::2] = camera[0::2, 0::2, 0]
    mosaic[1::2, 1::2] = camera[1::2, 1::2, 2]
    return np.maximum(mosaic, 0)


def _demosaicked(mosaic: Floats) -> Floats:
    """Green from its neighbours, then what red and blue are more than green. Shape: (H, W) -> (H, W, 3), H, W even.

    Bilinear interpolation of the colours themselves, as in the paper, leaves coloured fringes that no camera does.
    """
    greens, reds, blues = mosaic.copy(), np.zeros_like(mosaic), np.zeros_like(mosaic)
    greens[0::2, 0::2] = greens[1::2, 1::2] = 0
    green = _spread(greens, _GREEN)
    reds[0::2, 0::2] = (mosaic - green)[0::2, 0::2]
    blues[1::2, 1::2] = (mosaic - green)[1::2, 1::2]
    planes = [green + _spread(reds, _RED_BLUE), green, green + _spread(blues, _RED_BLUE)]
    return np.asarray(cv2.merge(planes), np.float32)


def _spread(samples: Floats, kernel: Floats) -> Floats:
    """Means of the neighbours that are there. Mirrored about the edge's own samples, a mosaic stays one."""
    return np.asarray(cv2.filter2D(samples, -1, kernel, borderType=cv2.BORDER_REFLECT_101), np.float32)


def _transformed(colours: Floats, matrix: Floats) -> Floats:
    return np.asarray(cv2.transform(colours, matrix), np.float32)


@cache
def _matrix() -> Floats:
    matrix = np.array(_XYZ_TO_CAMERA) @ np.array(_RGB_TO_XYZ)
    return np.asarray(matrix / matrix.sum(axis=1, keepdims=True), np.float32)


@cache
def _linear() -> Floats:
    """The light that each level stands for: the tone curve 3x^2 - 2x^3 and a gamma of 2.2, undone. Shape: (256,)."""
    tones = np.arange(256) / 255
    return np.asarray((0.5 - np.sin(np.arcsin(1 - 2 * tones) / 3)) ** 2.2, np.float32)


@cache
def _curve() -> Pixels:
    """The levels of as many amounts of light from 0 to 1, by their square root, which keeps the dark ones apart."""
    tones = np.linspace(0, 1, _CURVE_STEPS) ** (2 / 2.2)
    return to_pixels(255 * (3 * tones**2 - 2 * tones**3))


def _developed(light: Floats) -> Pixels:
    """Levels of linear light."""
    steps = np.sqrt(np.clip(light, 0, 1)) * np.float32(_CURVE_STEPS - 1) + np.float32(0.5)
    return _curve()[steps.astype(np.uint16)]
