"""Exact streaming of residual networks: pictures of one width, row after row, nothing computed twice but a few edges.

Rows go through head, blocks, body and steps band by band; every section keeps the few rows that it needs again.
Memory is a few rows for each layer, whatever the pictures' height; the result is that of the whole picture.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from upscale.engine.bands import LrSource, SrBand
from upscale.engine.crew import Crew, threads_for
from upscale.engine.fusedconv import FusedConv
from upscale.engine.lanes import Lane, Piece
from upscale.engine.pixels import PixelRows
from upscale.engine.residuals import Residuals, convolve
from upscale.engine.rowbuffer import RowBuffer, as_picture, as_rows, quiet
from upscale.engine.trunk import Section, Trunk
from upscale.engine.windows import Windows, plan_windows


@dataclass(frozen=True)
class BandSize:
    """`rows` of the stream go through the network together, in windows of about `columns`."""

    rows: int
    columns: int


def stream_trunk(
    trunk: Trunk, sources: Iterable[LrSource], size: BandSize | Callable[[LrSource], BandSize]
) -> Iterator[SrBand]:
    """Enlarge pictures of one width; each is pulled when the rows of the one before it have been read.

    Bands come picture by picture, from top to bottom, without gaps. Shape of rows: (3, n, width * scale), float32.
    `size` may be chosen by the first picture.
    """
    with ExitStack() as stack:
        lane, waiting = Lane(trunk.gap), iter(sources)
        stream: _Stream | None = None
        band = BandSize(1, 1)
        top, exhausted = 0, False
        while not (exhausted and top == lane.end):
            # As soon as a band has room behind a picture the next is asked for: only then is an end known to be one.
            while not exhausted and lane.end <= top + band.rows:
                source = next(waiting, None)
                exhausted = source is None
                if source is not None:
                    lane.place(source)
                if source is not None and stream is None:
                    band = size if isinstance(size, BandSize) else size(source)
                    windows = windows_for(trunk, source.width, band.columns)
                    crew = stack.enter_context(Crew(threads_for(trunk.head.device, len(windows.starts))))
                    stream = _Stream(trunk, lane, windows, crew)
            bottom = min(top + band.rows, lane.end)
            if stream is not None:
                yield from stream.push(top, bottom, last=exhausted and bottom == lane.end)
            top = bottom


def windows_for(trunk: Trunk, width: int, columns: int) -> Windows:
    """The windows in which pictures of this width go through `trunk`."""
    count = len(plan_windows(width, size=columns, overlap=trunk.overlap).starts)
    return plan_windows(width, size=columns, overlap=trunk.overlap, threads=threads_for(trunk.head.device, count))


class _Stream:
    """The state of one lane on its way through a trunk."""

    def __init__(self, trunk: Trunk, lane: Lane, windows: Windows, crew: Crew) -> None:
        self._trunk, self._lane, self._windows, self._crew = trunk, lane, windows, crew
        self._residuals = Residuals(trunk.blocks, trunk.body, self._windows, lane, self._crew)
        self._inputs: list[RowBuffer] = []
        self._factors: list[int] = []
        factor = 1
        for step in trunk.steps:
            # The features are the head's, in its arithmetic; a last step of its own may be in fp32.
            before = step.convs[0] if self._inputs else trunk.head
            self._inputs.append(self._buffer(step, factor, before))
            self._factors.append(factor)
            factor *= step.factor
        self._pixels = PixelRows(trunk.steps[-1], self._factors[-1], self._windows, lane, self._crew)
        self._done = [0] * len(trunk.steps)

    def _buffer(self, step: Section, factor: int, kind: FusedConv) -> RowBuffer:
        like = torch.empty(0, dtype=kind.dtype, device=kind.device)
        windows = self._windows
        return RowBuffer(len(windows.starts), windows.size * factor, step.convs[0].inputs, step.reach, like)

    def push(self, top: int, bottom: int, *, last: bool) -> Iterator[SrBand]:
        """Rows top <= y < bottom of the lane into the network, whatever is finished out of it."""
        features = self._inputs[0]
        rows = features.append(bottom - top)
        self._pixels.begin(bottom - top)
        for piece in self._lane.pieces(top, bottom, 1):
            self._read(piece, rows[:, piece.row - top : piece.row - top + piece.bottom - piece.top])
        quiet(rows, list(self._lane.blanks(top, bottom, 1)))
        self._residuals.push(features, bottom - top, last=last)
        ready = self._residuals.done
        for index in range(len(self._inputs) - 1):
            ready = self._step(index, ready, last=last)
        yield from self._finish(ready, last=last)

    def _read(self, piece: Piece, target: Tensor) -> None:
        """The head's output for rows of one picture, into windows."""
        source, reach = piece.source, self._trunk.head.reach
        top, bottom = max(0, piece.top - reach), min(source.height, piece.bottom + reach)
        lr = source.read(top, bottom).to(self._trunk.head.device)
        framed = F.pad(lr, (reach, reach, top - piece.top + reach, piece.bottom + reach - bottom))[None]
        rounded = framed.to(self._trunk.head.dtype)
        if self._trunk.split_input:
            rounded = torch.cat((rounded, (framed - rounded).to(rounded.dtype)), dim=1)

        def read(window: int) -> None:
            start, size = self._windows.starts[window], self._windows.size
            columns = rounded[..., start : start + size + 2 * reach].contiguous(memory_format=torch.channels_last)
            target[window] = as_rows(self._trunk.head(columns))[:, reach : reach + size]

        self._crew.each(read, len(target))
        self._pixels.show(piece, lr[:, piece.top - top : piece.bottom - top])

    def _span(self, index: int, ready: int, *, last: bool) -> tuple[int, int]:
        """The rows that a step can finish now, of the `ready` ones of its input; the frame below, once it is last."""
        buffer, reach = self._inputs[index], self._trunk.steps[index].reach
        if last:
            buffer.append(reach).zero_()
        done, stop = self._done[index], ready if last else ready - reach
        # Whole rows of the input, so that pixels and input rows begin together.
        self._done[index] = max(done, stop - stop % self._factors[index])
        return done, self._done[index]

    def _step(self, index: int, ready: int, *, last: bool) -> int:
        """One section before the last: how many rows of its enlarged output are ready afterwards."""
        step, buffer, factor = self._trunk.steps[index], self._inputs[index], self._factors[index]
        done, stop = self._span(index, ready, last=last)
        larger = self._inputs[index + 1]
        if stop > done:
            source = buffer.rows(done - step.reach, stop + step.reach)
            target = larger.append((stop - done) * step.factor)

            def enlarge(window: int) -> None:
                outputs = convolve(step.convs, as_picture(source[window]), done - step.reach, self._lane, factor)
                _shuffle(as_rows(outputs), target[window], step.factor)

            self._crew.each(enlarge, len(source))
            self._windows.refresh(target, step.reach * step.factor, factor * step.factor)
            buffer.forget(stop - step.reach)
        return stop * step.factor

    def _finish(self, ready: int, *, last: bool) -> Iterator[SrBand]:
        """The section that makes the pixels."""
        step, buffer = self._trunk.steps[-1], self._inputs[-1]
        done, stop = self._span(-1, ready, last=last)
        if stop == done:
            return
        sr = self._pixels.make(buffer.rows(done - step.reach, stop + step.reach), done)
        buffer.forget(stop - step.reach)
        scale = self._factors[-1] * step.factor
        for piece in self._lane.pieces(done * step.factor, stop * step.factor, scale):
            first = piece.row - done * step.factor
            yield SrBand(piece.source, piece.top, sr[:, first : first + piece.bottom - piece.top])
        self._lane.forget((stop - step.reach) // self._factors[-1] - 1)


def _shuffle(outputs: Tensor, target: Tensor, factor: int) -> None:
    """Sub-pixel shuffle of phase-major channels. Shape: (n, w, f * f * C) -> (n * f, w * f, C)."""
    height, width, _ = outputs.shape
    phases = outputs.view(height, width, factor, -1).transpose(1, 2)
    target.view(height, factor, width, -1).copy_(phases)
