"""Black boxes, and whoever asks for tiles: one row of tiles at a time, joined exactly or faded into each other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from upscale.engine.batching import SourceBatch
from upscale.engine.tiling import Span, plan_spans


@dataclass(frozen=True)
class TileSettings:
    """In input pixels: useful side of a tile, what it sees beyond, reach of the fade; and windows at once."""

    tile: int
    overlap: int
    fade: int
    windows: int


def stream_tiles(
    forward: Callable[[Tensor], Tensor], batch: SourceBatch, scale: int, settings: TileSettings
) -> Iterator[tuple[int, Tensor]]:
    """Enlarge pictures tile by tile: (first output row, rows), from top to bottom, without gaps.

    `forward` enlarges windows. Shape: (n, 3, h, w) -> (n, 3, h * scale, w * scale), float32; of rows:
    (N, 3, n, width * scale), float32.
    """
    tile, overlap, fade = settings.tile, settings.overlap, settings.fade
    columns = plan_spans(batch.width, tile=tile, overlap=overlap, fade=fade)
    shared: Tensor | None = None  # the rows that the next row of tiles fades into
    for span in plan_spans(batch.height, tile=tile, overlap=overlap, fade=fade):
        rows = batch.read(span.start, span.stop)
        low, high = span.used
        strip = rows.new_zeros(rows.shape[0], 3, (high - low) * scale, rows.shape[3] * scale)
        for column, sr in _enlarged(forward, rows, columns, settings.windows):
            _add(strip, sr, span, column)
        if shared is not None:
            strip[:, :, : shared.shape[2]] += shared
        finished = strip.shape[2] - 2 * span.fade_out * scale
        shared = strip[:, :, finished:]
        yield low * scale, strip[:, :, :finished]


def _enlarged(
    forward: Callable[[Tensor], Tensor], rows: Tensor, columns: list[Span], windows: int
) -> Iterator[tuple[Span, Tensor]]:
    """The windows of one row of tiles, enlarged `windows` at a time. Shape: (N, 3, h, W) -> (N, 3, H, w)."""
    members = rows.shape[0]
    step = max(1, windows // members)
    for index in range(0, len(columns), step):
        spans = columns[index : index + step]
        lr = torch.cat([rows[:, :, :, span.start : span.stop] for span in spans])
        lr = lr.contiguous(memory_format=torch.channels_last)
        yield from zip(spans, torch.split(forward(lr), members), strict=True)


def _add(strip: Tensor, sr: Tensor, row: Span, column: Span) -> None:
    """Add the used part of one window, weighted, to the strip of its row. Shape: (N, 3, H, W) each."""
    scale = sr.shape[2] // (row.stop - row.start)
    left, right = column.used
    inner = sr[:, :, _within(row, scale), _within(column, scale)]
    weights = row.weights(scale)[:, None] * column.weights(scale)
    strip[:, :, :, left * scale : right * scale] += inner * weights.to(strip.device)


def _within(span: Span, scale: int) -> slice:
    """Where the used part lies in the enlarged window."""
    low, high = span.used
    return slice((low - span.start) * scale, (high - span.start) * scale)
