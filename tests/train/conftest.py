"""Pictures and weights that training tests share."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from training import write_photos


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Ten pictures."""
    return write_photos(tmp_path / "hr")


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
