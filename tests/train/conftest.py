"""Pictures and weights that training tests share."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Ten smooth random pictures of 64 x 72: small, and not all the same."""
    folder = tmp_path / "hr"
    folder.mkdir()
    generator = np.random.default_rng(0)
    for index in range(10):
        coarse = Image.fromarray(generator.integers(0, 256, (8, 9, 3), np.uint8))
        coarse.resize((72, 64), Image.Resampling.BICUBIC).save(folder / f"{index}.png")
    return folder


@pytest.fixture
def vgg(tmp_path: Path) -> Path:
    """A VGG16 of two maps a layer instead of 64 to 512, with random weights."""
    tensors, channels, layer = {}, 3, 0
    for count in (2, 2, 3, 3, 3):
        for _ in range(count):
            tensors[f"features.{layer}.weight"] = torch.randn(2, channels, 3, 3) * 0.5
            tensors[f"features.{layer}.bias"] = torch.zeros(2)
            channels, layer = 2, layer + 2
        layer += 1
    save_file(tensors, tmp_path / "vgg.safetensors")
    return tmp_path / "vgg.safetensors"
