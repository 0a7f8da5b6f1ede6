"""Exact streaming: a network of convolutions run over a stream of rows, nothing computed twice.

Each k x k convolution keeps its last k - 1 input rows, the two branches of a sum wait for each other in queues,
and rows of padding are pushed at the true top and bottom only. Memory is a few rows for each layer, whatever the
picture's height; the result is that of the whole picture.
"""

import math
from collections.abc import Iterator
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from upscale.engine.batching import SourceBatch
from upscale.engine.fusedconv import Activation, FusedConv
from upscale.models.stages import Add, Conv, Enlarge, Pointwise, Shuffle, Stage, apply_pointwise, interpolate


class _Operator(Protocol):
    def push(self, rows: Tensor, *, last: bool) -> Tensor | None:
        """Take the next rows, give those that are finished, None if there are none. Shape: (N, C, n, W)."""


def stream_rows(stages: tuple[Stage, ...], batch: SourceBatch, *, band: int) -> Iterator[tuple[int, Tensor]]:
    """Enlarge pictures `band` input rows at a time: (first output row, rows), from top to bottom, without gaps.

    Shape of rows: (N, 3, n, width * scale), float32.
    """
    chain, done = _Chain(stages, band), 0
    for top in range(0, batch.height, band):
        bottom = min(batch.height, top + band)
        for rows in chain.push(batch.read(top, bottom), last=bottom == batch.height):
            yield done, rows.float()
            done += rows.shape[2]


class _Chain:
    """Operators one after the other, none of which is given more than a band at once.

    At the bottom every operator lets out what it held back. Unless that is cut, it adds up from layer to layer
    to as many rows as the receptive field is high.
    """

    def __init__(self, stages: tuple[Stage, ...], band: int) -> None:
        self._operators: list[_Operator] = []
        self._most_rows: list[int] = []
        for stage, before in zip(stages, (None, *stages), strict=False):
            if isinstance(before, Conv) and isinstance(stage, Activation):
                self._operators[-1] = _ConvRows(FusedConv(before, stage))
                continue
            self._operators.append(_operator(stage, band))
            self._most_rows.append(band)
            band *= _factor(stage)

    def push(self, rows: Tensor, *, last: bool) -> Iterator[Tensor]:
        """Take the next rows, give those that are finished; `last` says that nothing follows."""
        return self._from(0, rows, last)

    def _from(self, index: int, rows: Tensor, last: bool) -> Iterator[Tensor]:
        if index == len(self._operators):
            yield rows
            return
        pieces = torch.split(rows, self._most_rows[index], dim=2)
        for number, piece in enumerate(pieces, start=1):
            ends = last and number == len(pieces)
            finished = self._operators[index].push(piece, last=ends)
            if finished is not None:
                yield from self._from(index + 1, finished, ends)


def _operator(stage: Stage, band: int) -> _Operator:
    if isinstance(stage, Conv):
        return _ConvRows(FusedConv(stage))
    if isinstance(stage, Enlarge):
        return _EnlargeRows(stage)
    if isinstance(stage, Add):
        return _AddRows(stage, band)
    return _PointwiseRows(stage)


def _factor(stage: Stage) -> int:
    """How many rows one row becomes."""
    if isinstance(stage, Shuffle):
        return stage.factor
    if isinstance(stage, Enlarge):
        return stage.kernel.shape[0]
    return math.prod(_factor(inner) for inner in stage.main) if isinstance(stage, Add) else 1


class _PointwiseRows:
    """A stage that needs no other rows."""

    def __init__(self, stage: Pointwise) -> None:
        self._stage = stage

    def push(self, rows: Tensor, *, last: bool) -> Tensor:
        return apply_pointwise(self._stage, rows)


class _ConvRows:
    """A convolution with its last k - 1 input rows; the picture is framed by rows of zeros."""

    def __init__(self, conv: FusedConv) -> None:
        self._conv = conv
        self._carry: Tensor | None = None

    def push(self, rows: Tensor, *, last: bool) -> Tensor | None:
        reach = self._conv.reach
        rows = rows.to(self._conv.dtype)
        if reach:
            frame = rows.new_zeros(rows.shape[0], rows.shape[1], reach, rows.shape[3])
            joined = _join(frame if self._carry is None else self._carry, rows, frame if last else None)
            self._carry = joined[:, :, -2 * reach :]
            rows = joined
        if rows.shape[2] <= 2 * reach:
            self._carry = rows
            return None
        return self._conv(rows)


class _EnlargeRows:
    """An interpolation with its last rows; the picture is framed by its edge rows."""

    def __init__(self, stage: Enlarge) -> None:
        self._kernel = stage.kernel
        self._reach = stage.kernel.shape[1] // 2
        self._carry: Tensor | None = None

    def push(self, rows: Tensor, *, last: bool) -> Tensor | None:
        reach = self._reach
        if reach:
            above = rows[:, :, :1].expand(-1, -1, reach, -1) if self._carry is None else self._carry
            below = rows[:, :, -1:].expand(-1, -1, reach, -1) if last else None
            rows = _join(above, rows, below)
            self._carry = rows[:, :, -2 * reach :]
        if rows.shape[2] <= 2 * reach:
            self._carry = rows
            return None
        return interpolate(F.pad(rows, (reach, reach, 0, 0), mode="replicate"), self._kernel)


class _AddRows:
    """The sum of two branches, the quicker of which waits."""

    def __init__(self, stage: Add, band: int) -> None:
        self._branches = (_Chain(stage.main, band), _Chain(stage.shortcut, band))
        self._waiting: list[Tensor | None] = [None, None]

    def push(self, rows: Tensor, *, last: bool) -> Tensor | None:
        queues = [
            _queued(waiting, branch.push(rows, last=last))
            for waiting, branch in zip(self._waiting, self._branches, strict=True)
        ]
        ready = min(0 if queue is None else queue.shape[2] for queue in queues)
        main, shortcut = queues
        if ready == 0 or main is None or shortcut is None:
            self._waiting = queues
            return None
        self._waiting = [main[:, :, ready:], shortcut[:, :, ready:]]
        return main[:, :, :ready] + shortcut[:, :, :ready]


def _queued(waiting: Tensor | None, finished: Iterator[Tensor]) -> Tensor | None:
    """What waits of a branch, with what has come of it."""
    parts = [part for part in (waiting, *finished) if part is not None and part.shape[2]]
    return torch.cat(parts, dim=2) if len(parts) > 1 else parts[0] if parts else None


def _join(above: Tensor, rows: Tensor, below: Tensor | None) -> Tensor:
    """Rows under each other, channels last: torch.cat takes five times as long for those."""
    parts = [part for part in (above, rows, below) if part is not None]
    height = sum(part.shape[2] for part in parts)
    joined = torch.empty_like(rows[:, :, :1].expand(-1, -1, height, -1), memory_format=torch.channels_last)
    top = 0
    for part in parts:
        joined[:, :, top : top + part.shape[2]] = part
        top += part.shape[2]
    return joined
