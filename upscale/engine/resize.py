"""Bicubic resizing with antialiasing, by rows: what comes in need never be there as a whole, nor what goes out.

Keys' cubic with a = -0.5 about pixel centres, stretched when shrinking; at the edge what lies beyond is left out and
the rest counts for more. That is the arithmetic of Pillow's BICUBIC and of torch's antialiased interpolation.
"""

import math
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from upscale.engine.memory import enough_for
from upscale.engine.sizes import Axis, Target
from upscale.imresize import cubic

# Rows, and columns, of the result that one matrix product makes: enough for its speed, few enough that most of the
# weights are not zero.
_BLOCK_PX = 32


class RowResize:
    """One picture on its way to another size. Shape of the picture: (C, height, width)."""

    def __init__(self, height: int, width: int, target: Target, device: torch.device) -> None:
        self._height, self._rows = height, target.rows
        self._taps, self._weights = _column_blocks(target.columns, width, device)
        self._columns = target.columns.count
        self._block = _block_px(target.rows)
        self._first, self._kept = 0, torch.empty(0)
        self._made = 0
        self._device, self._what = device, f"a result of {self._columns} x {target.rows.count} pixels"

    @torch.inference_mode()
    def push(self, rows: Tensor) -> Iterator[tuple[int, Tensor]]:
        """Take the next rows, and give (first row, rows) of the result as far as it can be known.

        Shapes: (C, n, width) -> (C, m, the result's width), float32, not clamped. The result's values do not
        depend, not even in rounding, on how the picture is cut into pushes.
        """
        with enough_for(self._what, self._device):
            self._kept = torch.cat([self._kept, rows], dim=1) if self._kept.numel() else rows
        known = self._first + self._kept.shape[1]
        while self._made < self._rows.count:
            end = min(self._made + self._block, self._rows.count)
            low, high = _reached(self._rows, self._height, self._made, end)
            if high > known:
                break
            with enough_for(self._what, self._device):
                made = self._make(low, high, end)
            top, self._made = self._made, end
            yield top, made
        self._forget()

    def _make(self, low: int, high: int, end: int) -> Tensor:
        """Rows `_made` to `end` from the picture's rows `low` to `high`: first along height, then along width."""
        weights = torch.from_numpy(_weights(self._rows, np.arange(self._made, end), np.arange(low, high)))
        part = self._kept[:, low - self._first : high - self._first]
        rows = weights.to(part.device, part.dtype) @ part  # (C, m, width)
        blocks = rows.flatten(0, 1)[:, self._taps].transpose(0, 1)  # (blocks, C * m, taps)
        columns = torch.bmm(blocks, self._weights).transpose(0, 1).flatten(1)
        return columns[:, : self._columns].reshape(rows.shape[0], end - self._made, self._columns)

    def _forget(self) -> None:
        """Let go of rows that nothing to come needs."""
        if self._made == self._rows.count:
            self._kept = torch.empty(0)
            return
        low, _ = _reached(self._rows, self._height, self._made, self._made + 1)
        if low > self._first:
            self._kept = self._kept[:, low - self._first :].clone()  # a view would hold all of it
            self._first = low


def resize(picture: Tensor, height: int, width: int) -> Tensor:
    """A whole picture at another size, not clamped. Shape: (C, H, W), float -> (C, height, width)."""
    if picture.shape[1:] == (height, width):
        return picture
    target = Target(Axis(0, picture.shape[1], height), Axis(0, picture.shape[2], width))
    by = RowResize(picture.shape[1], picture.shape[2], target, picture.device)
    return torch.cat([rows for _, rows in by.push(picture)], dim=1)


def _reach(axis: Axis) -> float:
    """How far from a result's centre the kernel reaches, in pixels of the source."""
    return 2 / min(axis.ratio, 1.0)


def _centres(axis: Axis, results: NDArray[np.intp]) -> NDArray[np.float64]:
    """Where the centres of these pixels of the result lie in the source."""
    return axis.start + (results.astype(np.float64) + 0.5) / axis.ratio - 0.5


def _reached(axis: Axis, length: int, first: int, end: int) -> tuple[int, int]:
    """The pixels of the source, low <= y < high, that the result's first <= y < end are made of."""
    low, high = _centres(axis, np.array([first, end - 1])).tolist()
    # Those at the very end of the reach count nothing.
    return max(0, math.floor(low - _reach(axis)) + 1), min(length, math.ceil(high + _reach(axis)))


def _weights(axis: Axis, results: NDArray[np.intp], sources: NDArray[np.intp]) -> NDArray[np.float64]:
    """How much each source pixel counts for each result. Shape: (..., results, sources), the sums are 1."""
    distances = _centres(axis, results)[..., :, None] - sources[..., None, :]
    weights = cubic(distances * min(axis.ratio, 1.0))
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights


def _block_px(axis: Axis) -> int:
    """Pixels of the result made at once: when shrinking fewer, so that as few of the source's are wanted."""
    return max(1, round(_BLOCK_PX * min(axis.ratio, 1.0)))


def _column_blocks(axis: Axis, width: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Which columns make each block of the result's, and their weights. Shapes: (blocks, taps), (blocks, taps, n)."""
    size = _block_px(axis)
    firsts = range(0, axis.count, size)
    reached = [_reached(axis, width, first, min(first + size, axis.count)) for first in firsts]
    count = max(high - low for low, high in reached)
    lows = np.minimum([low for low, _ in reached], width - count)
    taps = lows[:, None] + np.arange(count)
    # The last block is filled up with the last pixel, again and again.
    results = np.minimum(np.array(firsts)[:, None] + np.arange(size), axis.count - 1)
    weights = _weights(axis, results, taps).swapaxes(1, 2)
    return torch.from_numpy(taps).to(device), torch.from_numpy(weights).to(device, torch.float32)
