"""What goes wrong with a picture as a whole: its mean colour, its saturation, its local contrast."""

import cv2
import numpy as np
from upscale.train.watch.reports import Pixels

from upscale.evaluate.luma import luma

# Below one level of 255 there is nothing to lose.
_LEAST = 1.0
_WINDOW_PX = 7


def mean_colour(pixels: Pixels) -> tuple[float, float, float]:
    """RGB in levels of 255."""
    red, green, blue = pixels.reshape(-1, 3).mean(axis=0, dtype=np.float64)
    return float(red), float(green), float(blue)


def saturation(pixels: Pixels) -> float:
    """Mean distance between the largest and the smallest of R, G and B, in levels."""
    return float((pixels.max(axis=2) - pixels.min(axis=2)).mean(dtype=np.float64))


def local_contrast(pixels: Pixels) -> float:
    """Mean standard deviation of Y in windows of 7 x 7 pixels, in levels."""
    y = luma(pixels)
    size = (_WINDOW_PX, _WINDOW_PX)
    mean, squares = cv2.blur(y, size), cv2.blur(y * y, size)
    return float(np.sqrt(np.maximum(squares - mean * mean, 0)).mean())


def share(sr: float, hr: float) -> float:
    """What is left of a strength; 1 where originals have none themselves."""
    return (sr + _LEAST) / (hr + _LEAST)
