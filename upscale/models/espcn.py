"""ESPCN: convolutions at the low resolution, one sub-pixel shuffle at the end (Shi et al., CVPR 2016, section 3)."""

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from upscale.models.colour import chroma_kernel, luma, on_luma
from upscale.models.network import Network, awaken
from upscale.models.resample import kernel_matrix
from upscale.models.srcnn import repeat_output
from upscale.models.stages import Add, Conv, Enlarge, Relu, Shuffle, Stage, Tanh, conv, run


@dataclass(frozen=True)
class EspcnConfig:
    """5-3-3 with 64 and 32 maps and tanh in the paper; colour "y": the network sees luma, chroma is bicubic."""

    scale: int = 4
    maps: tuple[int, int] = (64, 32)
    activation: Literal["tanh", "relu"] = "tanh"
    colour: Literal["y", "rgb"] = "y"


class Espcn(Network):
    """The light one: about 25,000 multiplications for each low-resolution pixel at x4."""

    def __init__(self, config: EspcnConfig) -> None:
        super().__init__()
        self.config = config
        channels = 1 if config.colour == "y" else 3
        wide, narrow = config.maps
        self.features = nn.Conv2d(channels, wide, 5, padding=2)
        self.mapping = nn.Conv2d(wide, narrow, 3, padding=1)
        self.subpixels = nn.Conv2d(narrow, channels * config.scale**2, 3, padding=1)
        self.register_buffer("kernel", kernel_matrix("bicubic", config.scale), persistent=False)
        awaken((self.features, self.mapping, self.subpixels))
        self.describe("espcn", "espcn", config.scale)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge. Shape: (N, 3, H, W) -> (N, 3, H * scale, W * scale)."""
        if self.config.colour == "rgb":
            return self._enlarge(lr)
        y = luma(lr)
        return run((Enlarge(self.get_buffer("kernel")),), lr - y) + self._enlarge(y)

    def _enlarge(self, x: Tensor) -> Tensor:
        activate = torch.tanh if self.config.activation == "tanh" else torch.relu
        x = activate(self.mapping(activate(self.features(x))))
        return F.pixel_shuffle(self.subpixels(x), self.config.scale)

    def picture_path(self) -> list[tuple[nn.Conv2d, int]]:
        """All three; tanh would bend the picture."""
        if self.config.activation == "tanh":
            return []
        return [(self.features, 1), (self.mapping, 1), (self.subpixels, self.config.scale**2)]

    def stages(self) -> tuple[Stage, ...]:
        """The luma network as one on RGB, beside the bicubic enlargement of the chroma."""
        activate: Stage = Tanh() if self.config.activation == "tanh" else Relu()
        first, second, third = conv(self.features), conv(self.mapping), conv(self.subpixels)
        shuffle = Shuffle(self.config.scale)
        if self.config.colour == "rgb":
            return (first, activate, second, activate, third, shuffle)
        first = Conv(on_luma(first.weight), first.bias)
        third = repeat_output(third)
        chroma = Conv(chroma_kernel().to(first.weight), None)
        network = (first, activate, second, activate, third, shuffle)
        return (Add(network, (chroma, Enlarge(self.get_buffer("kernel")))),)
