"""Where a chart shows its points."""

import cv2
import numpy as np


def middles(pixels: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """The places (x, y) of all spots of about this colour, from left to right."""
    spots = (np.abs(pixels.astype(int) - colour).max(axis=2) < 60).astype(np.uint8)
    count, _, _, places = cv2.connectedComponentsWithStats(spots)
    return places[1:count][np.argsort(places[1:count, 0])]
