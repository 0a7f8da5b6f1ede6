"""A network as a list of stages: the form in which it is rewritten (fuse.py) and streamed (engine/rowstream.py).

Every stage maps (N, C, H, W) to (N, C', H', W'). A convolution pads with zeros, a resampling repeats the edge.
"""

import math
from dataclasses import dataclass
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Conv:
    """A k x k convolution, k odd, zero-padded to the same size. Shape: weight (O, I, k, k), bias (O,) or None."""

    weight: Tensor
    bias: Tensor | None


@dataclass(frozen=True)
class Affine:
    """x * scale + shift per channel: a BatchNorm with its statistics fixed. Shape: (C,) each."""

    scale: Tensor
    shift: Tensor


@dataclass(frozen=True)
class PRelu:
    """x where positive, slope * x elsewhere. Shape: (1,) shared or (C,) per channel."""

    slope: Tensor


@dataclass(frozen=True)
class Relu:
    """max(x, 0)."""


@dataclass(frozen=True)
class Tanh:
    """The hyperbolic tangent."""


@dataclass(frozen=True)
class Shuffle:
    """Sub-pixel shuffle: r * r channels become one of r times the size (Shi et al. 2016, eq. 4)."""

    factor: int


@dataclass(frozen=True)
class Enlarge:
    """Separable interpolation by a whole factor.

    Shape of `kernel`: (factor, 2 * reach + 1); row q holds the weights, on the input samples from -reach to
    +reach, of output sample q of each input sample.
    """

    kernel: Tensor


@dataclass(frozen=True)
class Add:
    """The sum of two branches of the same output size; an empty branch passes its input on."""

    main: tuple["Stage", ...]
    shortcut: tuple["Stage", ...] = ()


Pointwise: TypeAlias = Affine | PRelu | Relu | Tanh | Shuffle
Stage: TypeAlias = Conv | Enlarge | Add | Pointwise


def conv(module: nn.Conv2d) -> Conv:
    """The stage of a same-padded convolution module; it shares the module's tensors."""
    return Conv(module.weight, module.bias)


def batch_norm(module: nn.BatchNorm2d) -> Affine:
    """The stage of a BatchNorm in evaluation mode: gamma / sqrt(var + eps), beta - mean * that."""
    if module.running_mean is None or module.running_var is None:
        raise ValueError("a BatchNorm without running statistics has no fixed form")
    scale = module.weight * torch.rsqrt(module.running_var + module.eps)
    return Affine(scale, module.bias - module.running_mean * scale)


def receptive_radius(stages: tuple[Stage, ...]) -> int:
    """How many input pixels to each side an output pixel can depend on."""
    return _reach(stages, 0)


def _reach(stages: tuple[Stage, ...], reach: int) -> int:
    """Walk back from the output: `reach` pixels to each side are needed of what these stages give."""
    for stage in reversed(stages):
        if isinstance(stage, Conv):
            reach += stage.weight.shape[-1] // 2
        elif isinstance(stage, Shuffle):
            reach = math.ceil(reach / stage.factor)
        elif isinstance(stage, Enlarge):
            factor, taps = stage.kernel.shape
            reach = math.ceil(reach / factor) + taps // 2
        elif isinstance(stage, Add):
            reach = max(_reach(stage.main, reach), _reach(stage.shortcut, reach))
    return reach


def run(stages: tuple[Stage, ...], x: Tensor) -> Tensor:
    """The whole of `x` through the stages. Shape: (N, C, H, W) -> (N, C', H * scale, W * scale)."""
    for stage in stages:
        x = _run_one(stage, x)
    return x


def _run_one(stage: Stage, x: Tensor) -> Tensor:
    if isinstance(stage, Conv):
        return F.conv2d(x.to(stage.weight.dtype), stage.weight, stage.bias, padding=stage.weight.shape[-1] // 2)
    if isinstance(stage, Enlarge):
        reach = stage.kernel.shape[1] // 2
        return interpolate(F.pad(x, (reach,) * 4, mode="replicate"), stage.kernel)
    if isinstance(stage, Add):
        main, shortcut = run(stage.main, x), run(stage.shortcut, x)
        return main + shortcut
    return apply_pointwise(stage, x)


def apply_pointwise(stage: Pointwise, x: Tensor) -> Tensor:
    """A stage that needs no neighbouring rows. Shape: as the stage."""
    if isinstance(stage, Affine):
        return x * stage.scale[:, None, None].to(x.dtype) + stage.shift[:, None, None].to(x.dtype)
    if isinstance(stage, PRelu):
        return F.prelu(x, stage.slope.to(x.dtype))
    if isinstance(stage, Relu):
        return F.relu(x)
    if isinstance(stage, Tanh):
        return torch.tanh(x)
    return F.pixel_shuffle(x, stage.factor)


def interpolate(padded: Tensor, kernel: Tensor) -> Tensor:
    """Enlarge a picture that already carries the kernel's reach on all four sides.

    Shape: (N, C, H + 2 * reach, W + 2 * reach), kernel (factor, 2 * reach + 1)
    -> (N, C, H * factor, W * factor), in float32 at least: half precision would show in flat areas.
    """
    factor, taps = kernel.shape
    channels = padded.shape[1]
    padded = padded.to(torch.promote_types(padded.dtype, torch.float32))
    kernel = kernel.to(padded.dtype)
    # Both directions at once, all phases of a channel: twice as quick as one direction after the other.
    phases = (kernel[:, None, :, None] * kernel[None, :, None, :]).reshape(factor**2, taps, taps)
    weight = padded.new_zeros(channels, factor**2, channels, taps, taps)
    for channel in range(channels):
        weight[channel, :, channel] = phases
    return F.pixel_shuffle(F.conv2d(padded, weight.flatten(0, 1)), factor)
