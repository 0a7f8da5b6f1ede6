"""Pictures side by side on one page: before and after, or what a run is about to be trained on."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from upscale.train.watch.reports import Pixels, Sample

from upscale.plot.lettering import GRAY, Ink, shortened, wrapped, write

_PAPER = (255, 255, 255)
_MARGIN_PX, _GAP_PX = 24, 12
_TITLE, _CAPTION = Ink(20, bold=True), Ink(14)
_NOTE = Ink(13, GRAY)
# Three beside each other fit a screen.
_SHOWN_PX = 384
# Crops of a training batch are small; below that nobody sees what has been done to them.
_PAIR_PX = 192
_NOTE_LINES = 6


@dataclass(frozen=True)
class ShownPair:
    """A training pair. Shape: lr (h, w, 3), hr (h * scale, w * scale, 3), RGB; `note` says what was done to it."""

    name: str
    note: str
    lr: Pixels
    hr: Pixels


def sample_sheet(samples: Sequence[Sample], title: str, *, side_px: int = _SHOWN_PX) -> Pixels:
    """Each sample's low resolution in large pixels, its result and its original, at 100 %, a row each.

    The middle of it, where more than `side_px` high-resolution pixels are there a side. Shape: (H, W, 3), RGB.
    """
    rows = []
    for sample in samples:
        lr, sr, hr = _middle(sample, side_px)
        words = (f"low resolution of {sample.name}", f"result: {sample.psnr_y:.2f} dB", "original")
        rows.append(_beside([_captioned(*item) for item in zip((lr, sr, hr), words, strict=True)]))
    return _page(title, rows)


def pairs_sheet(pairs: Sequence[ShownPair], title: str, *, columns: int = 3) -> Pixels:
    """Pairs of low and high resolution, `columns` of them a row, small crops enlarged by a whole number.

    Low resolution is shown in large pixels, as large as the high one. Shape: (H, W, 3), RGB.
    """
    blocks = [_pair(pair) for pair in pairs]
    rows = [_beside(blocks[index : index + columns], 2 * _GAP_PX) for index in range(0, len(blocks), columns)]
    return _page(title, rows)


def _middle(sample: Sample, side_px: int) -> tuple[Pixels, Pixels, Pixels]:
    """The same part of all three, low resolution enlarged."""
    height, width = sample.lr.shape[:2]
    scale = sample.hr.shape[0] // height
    side = max(1, side_px // scale)
    top, left = max(0, (height - side) // 2), max(0, (width - side) // 2)
    lr = sample.lr[top : top + side, left : left + side]
    rows, columns = slice(top * scale, (top + side) * scale), slice(left * scale, (left + side) * scale)
    return _repeated(lr, scale), sample.sr[rows, columns], sample.hr[rows, columns]


def _pair(pair: ShownPair) -> Pixels:
    scale = pair.hr.shape[0] // pair.lr.shape[0]
    times = max(1, round(_PAIR_PX / max(pair.hr.shape[:2])))
    both = _beside([_repeated(pair.lr, scale * times), _repeated(pair.hr, times)], 4)
    block = _captioned(both, pair.name)
    lines = wrapped(pair.note, block.shape[1], _NOTE, most=_NOTE_LINES)
    notes = np.full((len(lines) * _NOTE.line_px, block.shape[1], 3), _PAPER, np.uint8)
    for index, line in enumerate(lines):
        write(notes, line, (0, (index + 0.5) * _NOTE.line_px), _NOTE)
    return np.concatenate([block, notes])


def _repeated(pixels: Pixels, times: int) -> Pixels:
    size = pixels.shape[1] * times, pixels.shape[0] * times
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_NEAREST), np.uint8)


def _captioned(pixels: Pixels, words: str) -> Pixels:
    """With a line above it."""
    strip = np.full((_CAPTION.line_px + 4, pixels.shape[1], 3), _PAPER, np.uint8)
    write(strip, shortened(words, pixels.shape[1], _CAPTION), (0, _CAPTION.line_px / 2), _CAPTION)
    return np.concatenate([strip, pixels])


def _beside(blocks: Sequence[Pixels], gap_px: int = _GAP_PX) -> Pixels:
    """From left to right, tops aligned."""
    height = max(block.shape[0] for block in blocks)
    width = sum(block.shape[1] for block in blocks) + gap_px * (len(blocks) - 1)
    paper = np.full((height, width, 3), _PAPER, np.uint8)
    left = 0
    for block in blocks:
        paper[: block.shape[0], left : left + block.shape[1]] = block
        left += block.shape[1] + gap_px
    return paper


def _page(title: str, rows: Sequence[Pixels]) -> Pixels:
    """From top to bottom, below a title, with margins."""
    inner = max([row.shape[1] for row in rows], default=_SHOWN_PX)
    head = _TITLE.line_px + 10
    height = sum(row.shape[0] + 2 * _GAP_PX for row in rows)
    paper = np.full((_MARGIN_PX + head + height, inner + 2 * _MARGIN_PX, 3), _PAPER, np.uint8)
    write(paper, shortened(title, inner, _TITLE), (_MARGIN_PX, _MARGIN_PX + _TITLE.line_px / 2 - 4), _TITLE)
    top = _MARGIN_PX + head
    for row in rows:
        paper[top : top + row.shape[0], _MARGIN_PX : _MARGIN_PX + row.shape[1]] = row
        top += row.shape[0] + 2 * _GAP_PX
    return paper
