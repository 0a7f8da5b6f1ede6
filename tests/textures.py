"""Pictures with detail of every size, made of nothing."""

import cv2
import numpy as np
from numpy.typing import NDArray


def texture(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """Noise of several sizes, and discs with sharp edges. Shape: (height, width, 3)."""
    rng = np.random.default_rng(seed)
    picture = np.full((height, width, 3), 128.0)
    for sigma in (1, 2, 4, 8):
        noise = cv2.GaussianBlur(rng.standard_normal((height, width, 3)), (0, 0), sigma)
        picture += 18 * noise / noise.std()
    for _ in range(height * width // 400):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        cv2.circle(picture, centre, int(rng.integers(2, 8)), rng.uniform(30, 225, 3).tolist(), -1)
    return np.clip(picture, 0, 255).astype(np.uint8)
