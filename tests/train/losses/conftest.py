"""A VGG of a few maps a layer instead of 64 to 512, with random weights."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

VGG16, VGG19 = (2, 2, 3, 3, 3), (2, 2, 4, 4, 4)


def small_vgg(blocks: tuple[int, ...] = VGG19, maps: int = 4) -> dict[str, Tensor]:
    """Named as torchvision names them."""
    tensors, channels, layer = {}, 3, 0
    for count in blocks:
        for _ in range(count):
            tensors[f"features.{layer}.weight"] = torch.randn(maps, channels, 3, 3) * 0.5
            tensors[f"features.{layer}.bias"] = torch.randn(maps) * 0.1
            channels, layer = maps, layer + 2
        layer += 1
    return tensors


@pytest.fixture
def vgg19() -> dict[str, Tensor]:
    return small_vgg(VGG19)


@pytest.fixture
def vgg16() -> dict[str, Tensor]:
    return small_vgg(VGG16)


@pytest.fixture
def vgg_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes weights to a file, of the caffe variety if asked."""

    def write(tensors: dict[str, Tensor], *, caffe: bool = False) -> Path:
        path = tmp_path / ("caffe.safetensors" if caffe else "vgg.safetensors")
        save_file(tensors, path, metadata={"variety": "caffe"} if caffe else None)
        return path

    return write
