"""The residual blocks over a stream of rows: each block adds to its input in place, nothing is moved.

All blocks share one arena. A block reads rows that begin a little above those it finishes, so each begins a little
higher in the arena than the one before; the few old rows it needs above the new ones are carried from band to band.
"""

from dataclasses import dataclass

from torch import Tensor

from upscale.engine.crew import Crew
from upscale.engine.fusedconv import FusedConv
from upscale.engine.lanes import Lane
from upscale.engine.rowbuffer import RowBuffer, as_picture, as_rows, quiet
from upscale.engine.trunk import Section
from upscale.engine.windows import Windows


class Residuals:
    """The blocks of a trunk and the body behind them, whose sum goes to the head's output."""

    def __init__(self, blocks: tuple[Section, ...], body: Section, windows: Windows, lane: Lane, crew: Crew) -> None:
        self._sections = (*blocks, body)
        self._windows, self._lane, self._crew = windows, lane, crew
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
        # The rows of the current section are start <= y < stop of the arena; `row` is start's in the stream.
        start, stop, row = self._above, self._above + count, end - count
        for index, section in enumerate(self._sections):
            reach, carried = section.reach, self._carries[index]
            start, row = start - carried.shape[1], row - carried.shape[1]
            frame = reach if last else 0
            stop += frame
            source = arena[:, start:stop]
            kept = arena.new_empty(arena.shape[0], min(2 * reach, stop - start), *arena.shape[2:])
            start, stop, row = start + reach, stop - reach, row + reach
            target = None
            if start < stop:
                body = section is self._sections[-1]
                target = features.rows(row, row + stop - start) if body else arena[:, start:stop]
            self._run(_Task(section, source, target, row, carried, kept, frame))
            self._carries[index] = kept
            if target is None:
                return
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

    def _run(self, task: "_Task") -> None:
        """One section over all windows."""
        self._crew.each(lambda window: _add(task, window, self._lane), len(task.source))
        if task.target is not None:
            self._windows.refresh(task.target, task.section.reach, 1)
            quiet(task.target, list(self._lane.blanks(task.row, task.row + task.target.shape[1], 1)))


@dataclass(frozen=True, eq=False)
class _Task:
    """target += section(source). Shapes: (windows, n, width, C).

    `source`: room for the rows `carried` from the band before, the new ones, and `frame` rows of zeros at the very
    end. `target`: None where there are too few of them for a result; `row` is its first one in the stream.
    `kept`: room for the rows to be carried on.
    """

    section: Section
    source: Tensor
    target: Tensor | None
    row: int
    carried: Tensor
    kept: Tensor
    frame: int


def _add(task: _Task, window: int, lane: Lane) -> None:
    """A task's work in one window."""
    rows, convs = task.source[window], task.section.convs
    rows[: task.carried.shape[1]] = task.carried[window]
    rows[rows.shape[0] - task.frame :] = 0
    # Before the sum: it is written over these rows.
    task.kept[window] = rows[rows.shape[0] - task.kept.shape[1] :]
    if task.target is not None:
        inner = convolve(convs[:-1], as_picture(rows), task.row - task.section.reach, lane, 1)
        convs[-1].add_to(as_picture(task.target[window]), inner)


def convolve(convs: tuple[FusedConv, ...], x: Tensor, row: int, lane: Lane, factor: int) -> Tensor:
    """One window through some convolutions, with what lies outside of the pictures zero behind each.

    `row`: the first one of x in the stream, at `factor` times the input's size. Shape: (1, C, n, w).
    """
    for conv in convs:
        x = conv(x)
        row += conv.reach
        quiet(as_rows(x), list(lane.blanks(row, row + x.shape[2], factor)))
    return x
