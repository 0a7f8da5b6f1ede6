"""A picture, and random numbers."""

import numpy as np
import pytest
from numpy.typing import NDArray
from textures import texture


@pytest.fixture
def rng() -> np.random.Generator:
    """Fresh, and the same for every test."""
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def photo() -> NDArray[np.uint8]:
    """Shape: (96, 120, 3)."""
    return texture(96, 120)
