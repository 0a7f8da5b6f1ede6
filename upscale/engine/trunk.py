"""A residual network cut into sections: what can be run over a few rows at once with nothing kept in between."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

import torch
from torch import Tensor

from upscale.engine.fusedconv import FusedConv, fused_convs
from upscale.models.stages import Add, Conv, PRelu, Shuffle, Stage


@dataclass(frozen=True)
class Section:
    """Convolutions one after the other, then a sub-pixel shuffle by `factor` (1: none).

    The outputs of the last convolution are ordered phase by phase, see `phase_major`.
    """

    convs: tuple[FusedConv, ...]
    factor: int = 1

    @property
    def reach(self) -> int:
        """Rows and columns to each side that an output depends on."""
        return sum(conv.reach for conv in self.convs)


@dataclass(frozen=True)
class Trunk:
    """head -> blocks, each added to its input -> body, added to the head's output -> steps, the last to pixels.

    `split_input`: the head sees each pixel as two numbers in bf16, its rounded value and what the rounding took.
    """

    head: FusedConv
    split_input: bool
    blocks: tuple[Section, ...]
    body: Section
    steps: tuple[Section, ...]

    @property
    def scale(self) -> int:
        """The factor of all steps together."""
        scale = 1
        for step in self.steps:
            scale *= step.factor
        return scale

    @property
    def overlap(self) -> int:
        """Input columns that windows must share: each section gets its reach wrong at an inner edge."""
        return max(2 * -(-section.reach // factor) for section, factor in self._placed())

    @property
    def gap(self) -> int:
        """Blank input rows that serve every layer behind the head as the frame of two pictures."""
        return max(-(-conv.reach // factor) for section, factor in self._placed() for conv in section.convs)

    def _placed(self) -> list[tuple[Section, int]]:
        """Every section behind the head with the enlargement at which it works."""
        placed = [(section, 1) for section in (*self.blocks, self.body)]
        factor = 1
        for step in self.steps:
            placed.append((step, factor))
            factor *= step.factor
        return placed


def cut(stages: tuple[Stage, ...]) -> Trunk | None:
    """The sections of a network shaped like SRResNet, None for any other."""
    before = tuple(takewhile(lambda stage: not isinstance(stage, Add), stages))
    if len(before) == len(stages):
        return None
    trunk, after = stages[len(before)], stages[len(before) + 1 :]
    split = isinstance(before[0], Conv) and before[0].weight.dtype is torch.bfloat16 if before else False
    head, steps = fused_convs(_twice(before) if split else before), _steps(after)
    if not isinstance(trunk, Add) or trunk.shortcut or head is None or len(head) != 1 or not steps:
        return None
    blocks = [_block(stage) for stage in takewhile(lambda stage: isinstance(stage, Add), trunk.main)]
    body = _summand(trunk.main[len(blocks) :])
    if body is None or not blocks:
        return None
    whole = tuple(block for block in blocks if block is not None)
    return Trunk(head[0], split, whole, body, steps) if len(whole) == len(blocks) else None


def _twice(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """The first convolution with its weights for a second set of inputs.

    8 bits of bf16 lose up to half a level of an 8-bit pixel, on 3 of 64 channels nothing is gained by that.
    """
    first = stages[0]
    assert isinstance(first, Conv)
    return (Conv(torch.cat((first.weight, first.weight), dim=1), first.bias), *stages[1:])


def _block(stage: Stage) -> Section | None:
    section = _summand(stage.main) if isinstance(stage, Add) and not stage.shortcut else None
    # A single convolution would write over the rows that it reads.
    return section if section is None or len(section.convs) > 1 else None


def _summand(stages: Sequence[Stage]) -> Section | None:
    """Convolutions the last of which can be summed where it is written: it has no activation."""
    convs = fused_convs(stages)
    if not convs or not isinstance(stages[-1], Conv):
        return None
    return Section(tuple(convs))


def _steps(stages: tuple[Stage, ...]) -> tuple[Section, ...] | None:
    """The sections between shuffles; the last one may end without."""
    sections: list[Section] = []
    while stages:
        inner = tuple(takewhile(lambda stage: not isinstance(stage, Shuffle), stages))
        shuffle = stages[len(inner)] if len(inner) < len(stages) else None
        factor = shuffle.factor if isinstance(shuffle, Shuffle) else 1
        stages = stages[len(inner) + 1 :]
        convs = fused_convs(phase_major(inner, factor))
        if not convs:
            return None
        sections.append(Section(tuple(convs), factor))
    ends_plainly = bool(sections) and sections[-1].convs[-1].activation is None
    return tuple(sections) if ends_plainly else None


def phase_major(stages: tuple[Stage, ...], factor: int) -> tuple[Stage, ...]:
    """The same stages with the last convolution's outputs in the order (phase, channel) instead of (channel, phase).

    A shuffle then moves whole runs of channels: several times quicker on a CPU.
    """
    ordered = list(stages)
    for index in range(len(stages) - 1, -1, -1):
        stage = stages[index]
        if isinstance(stage, PRelu) and stage.slope.numel() > 1:
            ordered[index] = PRelu(_phases_first(stage.slope, factor))
        if isinstance(stage, Conv):
            bias = None if stage.bias is None else _phases_first(stage.bias, factor)
            ordered[index] = Conv(_phases_first(stage.weight, factor), bias)
            break
    return tuple(ordered)


def _phases_first(tensor: Tensor, factor: int) -> Tensor:
    return tensor.view(-1, factor * factor, *tensor.shape[1:]).transpose(0, 1).flatten(0, 1)
