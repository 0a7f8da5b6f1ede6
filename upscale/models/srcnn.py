"""SRCNN: three convolutions on the bicubic enlargement (Dong et al., TPAMI 38, 2016, section 3)."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from upscale.models.colour import chroma_kernel, luma, on_luma
from upscale.models.network import Network, awaken
from upscale.models.resample import kernel_matrix
from upscale.models.stages import Add, Conv, Enlarge, Relu, Stage, conv, run


@dataclass(frozen=True)
class SrcnnConfig:
    """`kernels` are 9-1-5 or 9-5-5 in the paper; colour "y": the network sees luma, chroma stays bicubic."""

    scale: int = 4
    kernels: tuple[int, int, int] = (9, 5, 5)
    maps: tuple[int, int] = (64, 32)
    colour: Literal["y", "rgb"] = "y"


class Srcnn(Network):
    """Patch extraction, non-linear mapping, reconstruction."""

    def __init__(self, config: SrcnnConfig) -> None:
        super().__init__()
        self.config = config
        channels = 1 if config.colour == "y" else 3
        widths = (channels, *config.maps, channels)
        self.convs = nn.ModuleList(
            nn.Conv2d(widths[i], widths[i + 1], k, padding=k // 2) for i, k in enumerate(config.kernels)
        )
        self.register_buffer("kernel", kernel_matrix("bicubic", config.scale), persistent=False)
        awaken([module for module in self.convs if isinstance(module, nn.Conv2d)])
        self.describe("srcnn", "srcnn", config.scale)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge. Shape: (N, 3, H, W) -> (N, 3, H * scale, W * scale)."""
        enlarged = run((Enlarge(self.get_buffer("kernel")),), lr)
        if self.config.colour == "rgb":
            return self._restore(enlarged)
        y = luma(enlarged)
        return enlarged - y + self._restore(y)

    def _restore(self, x: Tensor) -> Tensor:
        first, second, third = self.convs
        restored: Tensor = third(torch.relu(second(torch.relu(first(x)))))
        return restored

    def picture_path(self) -> list[tuple[nn.Conv2d, int]]:
        """All three."""
        return [(module, 1) for module in self.convs if isinstance(module, nn.Conv2d)]

    def stages(self) -> tuple[Stage, ...]:
        """The luma network as one on RGB: its first weights spread by the luma formula, its output repeated."""
        first, second, third = (conv(module) for module in self.convs if isinstance(module, nn.Conv2d))
        enlarge = Enlarge(self.get_buffer("kernel"))
        if self.config.colour == "rgb":
            return (enlarge, first, Relu(), second, Relu(), third)
        first = Conv(on_luma(first.weight), first.bias)
        third = repeat_output(third)
        chroma = Conv(chroma_kernel().to(first.weight), None)
        return (enlarge, Add((first, Relu(), second, Relu(), third), (chroma,)))


def repeat_output(stage: Conv, times: int = 3) -> Conv:
    """Each output channel `times` over, for Y that is added to R, G and B. Shape: (O, ...) -> (times * O, ...)."""
    bias = None if stage.bias is None else stage.bias.repeat(times)
    return Conv(stage.weight.repeat(times, 1, 1, 1), bias)
