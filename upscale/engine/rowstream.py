"""Exact streaming: a network of convolutions run over a stream of rows, nothing computed twice.

Each k x k convolution keeps its last k - 1 input rows, the two branches of a sum wait for each other in queues,
and rows of padding are pushed at the true top and bottom only. Memory is a few rows for each layer, whatever the
picture's height; the result is that of the whole picture.
"""

from collections.abc import Iterator
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from upscale.engine.batching import SourceBatch
from upscale.models.stages import Add, Conv, Enlarge, Stage, apply_pointwise, interpolate


class _Operator(Protocol):
    def push(self, rows: Tensor, *, last: bool) -> Tensor | None:
        """Take the next rows, give those that are finished, None if there are none. Shape: (N, C, n, W)."""


def stream_rows(stages: tuple[Stage, ...], batch: SourceBatch, *, band: int) -> Iterator[tuple[int, Tensor]]:
    """Enlarge pictures `band` input rows at a time: (first output row, rows), from top to bottom, without gaps.

    Shape of rows: (N, 3, n, width * scale), float32.
    """
    stream, done = RowStream(stages), 0
    for top in range(0, batch.height, band):
        bottom = min(batch.height, top + band)
        rows = stream.push(batch.read(top, bottom), last=bottom == batch.height)
        if rows is not None:
            yield done, rows.float()
            done += rows.shape[2]


class RowStream:
    """One pass over pictures of one size, side by side in a batch. Feed it from top to bottom, once."""

    def __init__(self, stages: tuple[Stage, ...]) -> None:
        self._chain = _Chain(stages)

    def push(self, rows: Tensor, *, last: bool) -> Tensor | None:
        """Take the next rows; `last` says that they are the bottom ones, after which all output is out.

        Shape: (N, 3, n, W), n >= 1 -> (N, 3, m, W * scale), or None while nothing is finished.
        """
        return self._chain.push(rows, last=last)


class _Chain:
    """Operators one after the other."""

    def __init__(self, stages: tuple[Stage, ...]) -> None:
        self._operators = [_operator(stage) for stage in stages]

    def push(self, rows: Tensor, *, last: bool) -> Tensor | None:
        for operator in self._operators:
            finished = operator.push(rows, last=last)
            if finished is None:
                return None
            rows = finished
        return rows


def _operator(stage: Stage) -> _Operator:
    if isinstance(stage, Conv):
        return _ConvRows(stage)
    if isinstance(stage, Enlarge):
        return _EnlargeRows(stage)
    if isinstance(stage, Add):
        return _AddRows(stage)
    return _PointwiseRows(stage)


class _PointwiseRows:
    """A stage that needs no other rows."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def push(self, rows: Tensor, *, last: bool) -> Tensor | None:
        if isinstance(self._stage, Conv | Enlarge | Add):
            raise ValueError("not a pointwise stage")
        return apply_pointwise(self._stage, rows)


class _ConvRows:
    """A convolution with its last k - 1 input rows; the picture is framed by rows of zeros."""

    def __init__(self, stage: Conv) -> None:
        self._stage = stage
        self._reach = stage.weight.shape[-1] // 2
        self._carry: Tensor | None = None

    def push(self, rows: Tensor, *, last: bool) -> Tensor | None:
        weight, reach = self._stage.weight, self._reach
        rows = rows.to(weight.dtype)
        if reach:
            frame = rows.new_zeros(rows.shape[0], rows.shape[1], reach, rows.shape[3])
            joined = _join(frame if self._carry is None else self._carry, rows, frame if last else None)
            self._carry = joined[:, :, -2 * reach :]
            rows = joined
        if rows.shape[2] <= 2 * reach:
            self._carry = rows
            return None
        return F.conv2d(rows, weight, self._stage.bias, padding=(0, reach))


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

    def __init__(self, stage: Add) -> None:
        self._main, self._shortcut = _Chain(stage.main), _Chain(stage.shortcut)
        self._waiting: list[Tensor | None] = [None, None]

    def push(self, rows: Tensor, *, last: bool) -> Tensor | None:
        finished = (self._main.push(rows, last=last), self._shortcut.push(rows, last=last))
        queues = [_append(queue, new) for queue, new in zip(self._waiting, finished, strict=True)]
        ready = min(0 if queue is None else queue.shape[2] for queue in queues)
        main, shortcut = queues
        if ready == 0 or main is None or shortcut is None:
            self._waiting = queues
            return None
        self._waiting = [main[:, :, ready:], shortcut[:, :, ready:]]
        return main[:, :, :ready] + shortcut[:, :, :ready]


def _append(queue: Tensor | None, rows: Tensor | None) -> Tensor | None:
    if queue is None or queue.shape[2] == 0 or rows is None:
        return rows if queue is None or queue.shape[2] == 0 else queue
    return torch.cat((queue, rows), dim=2)


def _join(above: Tensor, rows: Tensor, below: Tensor | None) -> Tensor:
    return torch.cat((above, rows) if below is None else (above, rows, below), dim=2)
