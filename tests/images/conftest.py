"""Small pictures that the tests of this package share."""

import numpy as np
import pytest
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


@pytest.fixture
def photo() -> Pixels:
    """A colourful gradient with a hard edge. Shape: (20, 27, 3)."""
    y, x = np.mgrid[0:20, 0:27]
    colours = np.stack([9 * x, 12 * y, 255 - 5 * (x + y)], axis=2).astype(np.uint8)
    colours[5:9, 8:20] = (250, 30, 60)
    return colours
