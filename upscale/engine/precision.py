"""Weights in the run's arithmetic and memory layout; the layer that makes the pixels stays in fp32."""

import torch
from torch import Tensor

from upscale.models.stages import Add, Affine, Conv, Enlarge, PRelu, Shuffle, Stage


def prepare(
    stages: tuple[Stage, ...], device: torch.device, dtype: torch.dtype, *, exact_end: bool = True
) -> tuple[Stage, ...]:
    """The stages on the device, convolutions in `dtype`; `exact_end`: but the last one of each branch in fp32.

    bf16 has 8 bits of precision, too few to write an 8-bit pixel with; with the last sum in fp32 fewer than
    0.01 % of the pixels differ from fp32 by more than one level.
    """
    moved = [_move(stage, device, dtype) for stage in stages]
    for index in range(len(stages) - 1, -1, -1) if exact_end else ():
        stage = stages[index]
        if isinstance(stage, Add):
            moved[index] = Add(prepare(stage.main, device, dtype), prepare(stage.shortcut, device, dtype))
        if isinstance(stage, Conv):
            moved[index] = _move(stage, device, torch.float32)
        if not isinstance(stage, Shuffle | Enlarge):
            break
    return tuple(moved)


def _move(stage: Stage, device: torch.device, dtype: torch.dtype) -> Stage:
    if isinstance(stage, Conv):
        weight = stage.weight.detach().to(device, dtype).contiguous(memory_format=torch.channels_last)
        return Conv(weight, _tensor(stage.bias, device, dtype))
    if isinstance(stage, Affine):
        return Affine(stage.scale.detach().to(device), stage.shift.detach().to(device))
    if isinstance(stage, PRelu):
        return PRelu(stage.slope.detach().to(device, dtype))
    if isinstance(stage, Enlarge):
        return Enlarge(stage.kernel.detach().to(device))
    if isinstance(stage, Add):
        inner = (tuple(_move(item, device, dtype) for item in branch) for branch in (stage.main, stage.shortcut))
        return Add(*inner)
    return stage


def _tensor(tensor: Tensor | None, device: torch.device, dtype: torch.dtype) -> Tensor | None:
    return None if tensor is None else tensor.detach().to(device, dtype)
