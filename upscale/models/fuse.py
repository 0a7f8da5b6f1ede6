"""Exact rewrites of a network for inference: BatchNorm folded away, the last convolution moved before the shuffle."""

import math
from functools import lru_cache
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from upscale.models.stages import Add, Affine, Conv, PRelu, Shuffle, Stage

# The rewrite makes a kernel up to (taps' / taps) times larger; with few outputs that is repaid, because the
# original works at full size for hardly any arithmetic (SRGAN x4: 11 % of the arithmetic, 42 % of the time).
_FEW_OUTPUTS = 4


@torch.no_grad()
def fuse(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """The same function in fewer and cheaper stages, equal up to rounding; cut off from training."""
    return _move_tail(_activate_first(_fold_affine(stages)))


def _fold_affine(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """Fold each per-channel scale and shift into the convolution before it."""
    folded: list[Stage] = []
    for stage in stages:
        before = folded[-1] if folded else None
        if isinstance(stage, Add):
            stage = Add(_fold_affine(stage.main), _fold_affine(stage.shortcut))
        if isinstance(stage, Affine) and isinstance(before, Conv):
            bias = stage.shift if before.bias is None else before.bias * stage.scale + stage.shift
            folded[-1] = Conv(before.weight * stage.scale[:, None, None, None], bias)
        else:
            folded.append(stage)
    return tuple(folded)


def _activate_first(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """shuffle, PReLU -> PReLU, shuffle: beside its convolution an activation costs no pass of its own."""
    moved = list(stages)
    for index, (shuffle, prelu) in enumerate(pairwise(stages)):
        if isinstance(shuffle, Shuffle) and isinstance(prelu, PRelu):
            times = 1 if prelu.slope.numel() == 1 else shuffle.factor**2
            moved[index : index + 2] = [PRelu(prelu.slope.repeat_interleave(times)), shuffle]
    return tuple(moved)


def _move_tail(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """shuffle, convolution to few channels -> convolution, shuffle."""
    if len(stages) < 2:
        return stages
    shuffle, tail = stages[-2:]
    if not (isinstance(shuffle, Shuffle) and isinstance(tail, Conv)) or tail.weight.shape[0] > _FEW_OUTPUTS:
        return stages
    bias = None if tail.bias is None else tail.bias.repeat_interleave(shuffle.factor**2)
    return (*stages[:-2], Conv(polyphase_kernel(tail.weight, shuffle.factor), bias), shuffle)


def conv_after_shuffle(x: Tensor, weight: Tensor, bias: Tensor, factor: int) -> Tensor:
    """conv2d(pixel_shuffle(x, factor), weight, bias), evaluated before the shuffle; differentiable.

    Shape: (N, C * factor**2, H, W), weight (O, C, k, k) -> (N, O, H * factor, W * factor).
    """
    kernel = polyphase_kernel(weight, factor)
    phases = F.conv2d(x, kernel, bias.repeat_interleave(factor * factor), padding=kernel.shape[-1] // 2)
    return F.pixel_shuffle(phases, factor)


def polyphase_kernel(weight: Tensor, factor: int) -> Tensor:
    """The kernel before PixelShuffle(factor) that equals `weight` after it.

    Output phase a and tap u of a k-tap kernel touch the fine sample a + u - k // 2 = factor * p + q: tap p of
    phase q. Shape: (O, C, k, k) -> (O * factor**2, C * factor**2, k', k'), k' = 2 * ceil((k // 2) / factor) + 1.
    """
    outputs, channels, size, _ = weight.shape
    index = _polyphase_index(size, factor).to(weight.device)
    padded = F.pad(weight.reshape(outputs, channels, size * size), (0, 1))  # the last entry is the zero tap
    phases = padded[:, :, index]  # (O, C, a, b, q, t, k', k')
    taps = index.shape[-1]
    return phases.permute(0, 2, 3, 1, 4, 5, 6, 7).reshape(outputs * factor**2, channels * factor**2, taps, taps)


@lru_cache(maxsize=8)
@torch.inference_mode(False)  # a cached inference tensor could not take part in training
def _polyphase_index(size: int, factor: int) -> Tensor:
    """Which tap of the fine kernel each tap of the coarse one is; size**2 where none.

    Shape: (factor, factor, factor, factor, k', k') over output phase (a, b), input phase (q, t), tap (p, s).
    """
    half = size // 2
    reach = math.ceil(half / factor)
    fine = torch.arange(-reach, reach + 1) * factor
    phase = torch.arange(factor)
    # u of (a, q, p): a + u - half = factor * p + q
    u = fine[None, None, :] + phase[None, :, None] - phase[:, None, None] + half
    inside = (u >= 0) & (u < size)
    flat = u[:, None, :, None, :, None] * size + u[None, :, None, :, None, :]
    both = inside[:, None, :, None, :, None] & inside[None, :, None, :, None, :]
    return torch.where(both, flat, size * size)
