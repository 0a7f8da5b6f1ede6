"""Pictures to measure with: smooth noise with some grain, which neither a file format nor a codec finds easy."""

import cv2
import numpy as np
from numpy.typing import NDArray

# Blobs of so many pixels a side.
_BLOB_PX = 16
# Levels of grain to each side, as in a photograph at a middling sensitivity.
_GRAIN = 6


def smooth_noise(height: int, width: int, seed: int) -> NDArray[np.uint8]:
    """The same picture for the same seed. Shape: (height, width, 3)."""
    noise = np.random.default_rng(seed)
    coarse = noise.integers(0, 256, (height // _BLOB_PX + 2, width // _BLOB_PX + 2, 3), np.uint8)
    blobs = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    grain = noise.integers(-_GRAIN, _GRAIN + 1, blobs.shape, np.int8)
    picture: NDArray[np.uint8] = np.clip(blobs.astype(np.int16) + grain, 0, 255).astype(np.uint8)
    return picture
