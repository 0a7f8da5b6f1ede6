"""The section that makes the pixels, and how half precision writes them without losing a grey level."""

import torch
from torch import Tensor

from upscale.engine.crew import Crew
from upscale.engine.lanes import Lane, Piece
from upscale.engine.residuals import convolve
from upscale.engine.rowbuffer import RowBuffer, as_picture, as_rows
from upscale.engine.trunk import Section
from upscale.engine.windows import Windows


class PixelRows:
    """Finished rows from the last section's input.

    bf16 has 8 bits, too few to write an 8-bit pixel with. So the last convolution writes only its difference from
    the input, enlarged by repetition: that is small, and so is its rounding. The input is added in fp32.
    """

    def __init__(self, section: Section, factor: int, windows: Windows, lane: Lane, crew: Crew) -> None:
        self._section, self._factor, self._crew = section, factor, crew
        self._windows, self._lane = windows, lane
        last = section.convs[-1]
        self._halved = last.dtype is not torch.float32
        like = torch.empty(0, dtype=last.dtype, device=last.device)
        self._shown = RowBuffer(1, windows.width, 3, 0, like)

    def begin(self, count: int) -> None:
        """So many more rows of the stream come."""
        if self._halved:
            self._shown.append(count).zero_()

    def show(self, piece: Piece, lr: Tensor) -> None:
        """Remember a picture's rows, just announced by `begin`. Shape: (3, n, width)."""
        if self._halved:
            self._shown.rows(piece.row, piece.row + piece.bottom - piece.top)[0] = lr.permute(1, 2, 0)

    def make(self, source: Tensor, done: int) -> Tensor:
        """Pixels from the section's input rows, of which `done` is the first to be finished, its reach above it.

        `done` and the number of rows are multiples of the enlargement before the section.
        Shape: (windows, n + 2 * reach, w, C) -> (3, n * shuffle, width * scale), float32, channels last.
        """
        section, factor, windows = self._section, self._factor, self._windows
        count, phases, width = source.shape[1] - 2 * section.reach, section.factor, windows.width * factor
        shown = self._shown.rows(done // factor, (done + count) // factor)[0] if self._halved else None
        sr = source.new_empty(count, phases, width, phases * 3, dtype=torch.float32)
        joints = windows.joints

        def make(index: int) -> None:
            start, left, right = windows.starts[index], joints[index], joints[index + 1]
            inner = convolve(section.convs[:-1], as_picture(source[index]), done - section.reach, self._lane, factor)
            rows = self._last(inner, None if shown is None else shown[:, start : start + windows.size])
            used = rows[:, (left - start) * factor : (right - start) * factor]
            part = sr[:, :, left * factor : right * factor]
            part.copy_(used.unfold(2, phases * 3, phases * 3).transpose(1, 2))
            if shown is not None:
                repeated = sr.view(-1, factor * phases, windows.width, factor * phases, 3)[:, :, left:right]
                repeated.add_(shown[:, left:right].float()[:, None, :, None])

        self._crew.each(make, len(source))
        if shown is not None:
            self._shown.forget((done + count) // factor)
        return sr.view(count * phases, width * phases, 3).permute(2, 0, 1)

    def _last(self, inner: Tensor, shown: Tensor | None) -> Tensor:
        """The last convolution, less the repeated input. Shape: (1, C, n, w) -> (n, w, phases * 3)."""
        last = self._section.convs[-1]
        if shown is None:
            return as_rows(last(inner))
        phases = (-shown).repeat(1, 1, self._section.factor**2)[:, None, :, None]
        height, width = shown.shape[:2]
        repeated = phases.expand(-1, self._factor, -1, self._factor, -1)
        minus_shown = repeated.reshape(height * self._factor, width * self._factor, -1)
        return as_rows(last.plus(inner, as_picture(minus_shown)))
