"""The residual blocks over a stream of rows: each block adds to its input in place, nothing is moved.

All blocks share one arena. A block reads rows that begin a little above those it finishes, so each begins a little
higher in the arena than the one before; the few old rows it needs above the new ones are carried from band to band.
"""

from torch import Tensor

from upscale.engine.fusedconv import FusedConv
from upscale.engine.lanes import Lane
from upscale.engine.rowbuffer import RowBuffer, as_picture, as_rows, quiet
from upscale.engine.trunk import Section
from upscale.engine.windows import Windows


class Residuals:
    """The blocks of a trunk and the body behind them, whose sum goes to the head's output."""

    def __init__(self, blocks: tuple[Section, ...], body: Section, windows: Windows, lane: Lane) -> None:
        self._sections = (*blocks, body)
        self._windows, self._lane = windows, lane
        self._above = 2 * sum(section.reach for section in self._sections)
        self._below = max(section.reach for section in self._sections)
        self._arena: Tensor | None = None
        self._carries: list[Tensor] = []
        self.done = 0

    def push(self, features: RowBuffer, count: int, *, last: bool) -> None:
        """Take the last `count` rows of `features`; add what the blocks make of them to its rows below `done`.

        `done` is how many rows are finished afterwards.
        """
        end = features.end
        arena = self._room(features.rows(end - count, end))
        # The new rows of the current section are start <= y < stop of the arena; `row` is start's in the stream.
        start, stop, row = self._above, self._above + count, end - count
        for index, section in enumerate(self._sections):
            reach, carry = section.reach, self._carries[index]
            start, row = start - carry.shape[1], row - carry.shape[1]
            arena[:, start : start + carry.shape[1]] = carry
            if last:
                arena[:, stop : stop + reach] = 0
                stop += reach
            else:
                self._carries[index] = arena[:, max(start, stop - 2 * reach) : stop].clone()
            if stop - start <= 2 * reach:
                return
            source = arena[:, start:stop]
            start, stop, row = start + reach, stop - reach, row + reach
            body = section is self._sections[-1]
            target = features.rows(row, row + stop - start) if body else arena[:, start:stop]
            self._add(section, source, target, row)
        self.done = row + stop - start

    def _room(self, rows: Tensor) -> Tensor:
        """The arena with the new rows in their place."""
        windows, count, width, channels = rows.shape
        height = self._above + count + self._below
        if self._arena is None or self._arena.shape[1] < height:
            self._arena = rows.new_empty(windows, height, width, channels)
        if not self._carries:
            self._carries = [rows.new_zeros(windows, section.reach, width, channels) for section in self._sections]
        self._arena[:, self._above : self._above + count] = rows
        return self._arena

    def _add(self, section: Section, source: Tensor, target: Tensor, row: int) -> None:
        """target += section(source), where `row` is the first one of target in the stream."""
        for window, rows in zip(source, target, strict=True):
            inner = convolve(section.convs[:-1], as_picture(window), row - section.reach, self._lane, 1)
            section.convs[-1].add_to(as_picture(rows), inner)
        self._windows.refresh(target, section.reach, 1)
        quiet(target, list(self._lane.blanks(row, row + target.shape[1], 1)))


def convolve(convs: tuple[FusedConv, ...], x: Tensor, row: int, lane: Lane, factor: int) -> Tensor:
    """One window through some convolutions, with what lies outside of the pictures zero behind each.

    `row`: the first one of x in the stream, at `factor` times the input's size. Shape: (1, C, n, w).
    """
    for conv in convs:
        x = conv(x)
        row += conv.reach
        quiet(as_rows(x), list(lane.blanks(row, row + x.shape[2], factor)))
    return x
