"""The layers that all discriminators are made of, and the weights they start with."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from upscale.train.config import Norm
from upscale.train.discriminators.spectral import SpectralConv2d, SpectralLinear
from upscale.train.discriminators.virtual_norm import VirtualNorm

_SLOPE = 0.2  # Radford et al. 2016 (DCGAN), and every discriminator here since


def layer(
    inputs: int, maps: int, norm: Norm, *, kernel: int = 3, stride: int = 1, bias: bool | None = None
) -> nn.Sequential:
    """Convolution padded by 1, norm, LeakyReLU; with a bias, unless told, where the norm has none of its own.

    BatchNorm keeps no running statistics, since a discriminator only judges while it is trained: so a pass that is
    thrown away, or made by `functional_call`, leaves no trace. Never in place, or double backward would fail.
    """
    kind = SpectralConv2d if norm == "spectral" else nn.Conv2d
    bias = norm not in ("batch", "virtual") if bias is None else bias
    return nn.Sequential(
        kind(inputs, maps, kernel, stride, padding=1, bias=bias), *_norm(norm, maps), nn.LeakyReLU(_SLOPE)
    )


def dense_layer(inputs: int, outputs: int, norm: Norm) -> nn.Sequential:
    """Matrix and LeakyReLU; of the norms only the spectral one means something here."""
    matrix = SpectralLinear(inputs, outputs) if norm == "spectral" else nn.Linear(inputs, outputs)
    return nn.Sequential(matrix, nn.LeakyReLU(_SLOPE))


def activations(layers: Iterable[nn.Module], x: Tensor) -> list[Tensor]:
    """What comes out of each layer of a chain."""
    passed = []
    for step in layers:
        x = step(x)
        passed.append(x)
    return passed


@torch.no_grad()
def initialise(judge: nn.Module, last: nn.Conv2d | nn.Linear) -> None:
    """Weights that keep the signal's size through any depth, with a norm or without (He et al. 2015, eq. 10).

    Under spectral normalisation they are orthogonal (Brock et al. 2019): divided by the largest singular value,
    those of normal weights halve the signal at each layer. The last layer starts at a tenth: an untrained judge is
    undecided, and its first words to the generator are soft.
    """
    for module in judge.modules():
        if isinstance(module, SpectralConv2d | SpectralLinear):
            nn.init.orthogonal_(module.weight)
        elif isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, a=_SLOPE)
        if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)
    last.weight.mul_(0.1)


def _norm(norm: Norm, maps: int) -> tuple[nn.Module, ...]:
    match norm:
        case "batch":
            return (nn.BatchNorm2d(maps, track_running_stats=False),)
        case "instance":
            return (nn.InstanceNorm2d(maps),)
        case "virtual":
            return (VirtualNorm(maps),)
        case "spectral" | "none":
            return ()
