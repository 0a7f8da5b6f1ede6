"""Linear filters along one axis of a picture, as products with small blocks of a banded matrix.

Each output is a weighted sum of a few neighbours, which a matrix product of blocks makes several times quicker than
shifted sums, although it multiplies many zeros. The blocks inside are all the same; those at the ends are not, because
what lies beyond the edge is folded into their weights.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_HIGH, _WIDE = -2, -1


@dataclass(frozen=True)
class Row:
    """One output: the inputs from `first` on, and their weights."""

    first: int
    weights: NDArray[np.float64]


@dataclass(frozen=True)
class _Run:
    """`count` blocks of outputs, from output `top` on, of inputs from `first` on; the next begins `step` further."""

    top: int
    first: int
    step: int
    count: int
    weights: Tensor


class Banded:
    """The matrix whose rows are given, for pictures on one device; `block` outputs are made at once."""

    def __init__(self, rows: Sequence[Row], block: int, device: torch.device) -> None:
        self.count = len(rows)
        blocks = [_block(rows[top : top + block]) for top in range(0, len(rows), block)]
        self._runs = list(_runs(blocks, block, device))

    def apply(self, planes: Tensor, axis: int) -> Tensor:
        """Filter along an axis, -2 (rows) or -1 (columns). Shape: (C, h, w) -> (C, count, w) or (C, h, count)."""
        shape = list(planes.shape)
        shape[axis] = self.count
        result = planes.new_empty(shape)
        planes = planes.contiguous()
        for run in self._runs:
            if axis == _HIGH:
                _along_rows(run, planes, result)
            else:
                _along_columns(run, planes.flatten(0, 1), result.view(-1, self.count))
        return result


def _along_rows(run: _Run, planes: Tensor, result: Tensor) -> None:
    """Shapes: (C, h, w), (C, count, w)."""
    made, taps = run.weights.shape
    weights = run.weights.expand(run.count, made, taps)
    span = run.step * (run.count - 1) + taps
    for plane, target in zip(planes, result, strict=True):
        windows = plane[run.first : run.first + span].unfold(0, taps, run.step).transpose(1, 2)
        rows = target[run.top : run.top + run.count * made].view(run.count, made, -1)
        torch.bmm(weights, windows, out=rows)


def _along_columns(run: _Run, rows: Tensor, result: Tensor) -> None:
    """Shapes: (n, w), (n, count)."""
    made, taps = run.weights.shape
    span = run.step * (run.count - 1) + taps
    windows = rows[:, run.first : run.first + span].unfold(1, taps, run.step).transpose(0, 1)
    columns = torch.bmm(windows, run.weights.T.expand(run.count, taps, made))
    target = result[:, run.top : run.top + run.count * made]
    target.view(-1, run.count, made).copy_(columns.transpose(0, 1))


def _block(rows: Sequence[Row]) -> tuple[int, NDArray[np.float64]]:
    """(first input, weights) of some outputs. Shape: (outputs, inputs)."""
    first = min(row.first for row in rows)
    end = max(row.first + len(row.weights) for row in rows)
    weights = np.zeros((len(rows), end - first))
    for index, row in enumerate(rows):
        weights[index, row.first - first : row.first - first + len(row.weights)] = row.weights
    return first, weights


def _runs(blocks: Sequence[tuple[int, NDArray[np.float64]]], size: int, device: torch.device) -> Iterator[_Run]:
    """Equal neighbours, equally far apart, together."""
    start = 0
    step = 1
    for index, (before, block) in enumerate(pairwise(blocks), start=1):
        distance = block[0] - before[0]
        same = np.array_equal(before[1], block[1]) and (index - start == 1 or distance == step)
        if same:
            step = distance
            continue
        yield _run(blocks[start:index], start * size, step, device)
        start = index
    yield _run(blocks[start:], start * size, step, device)


def _run(blocks: Sequence[tuple[int, NDArray[np.float64]]], top: int, step: int, device: torch.device) -> _Run:
    first, weights = blocks[0]
    return _Run(top, first, step, len(blocks), torch.from_numpy(weights).to(device, torch.float32))
