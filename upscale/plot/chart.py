"""Several panels on one page."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from upscale.plot.lettering import GRAY, Colour, Ink, Pixels, shortened, wrapped, write
from upscale.plot.panel import draw_panel
from upscale.plot.series import Panel

_MARGIN_PX, _GAP_PX = 24, 30
_TITLE, _SUBTITLE = Ink(20, bold=True), Ink(14, GRAY)
_NOTE: Colour = (180, 60, 0)


@dataclass(frozen=True)
class Heading:
    """What stands above the panels; `note` is what the reader should not miss."""

    title: str = ""
    subtitle: str = ""
    note: str = ""


def draw_chart(
    panels: Sequence[Panel], heading: Heading = Heading(), *, columns: int = 2, panel_px: tuple[int, int] = (270, 470)
) -> Pixels:
    """A page of panels, row by row; `panel_px` is each one's height and width. Shape: (H, W, 3), RGB."""
    columns = max(1, min(columns, len(panels)))
    rows = -(-len(panels) // columns)
    height, width = panel_px
    inner = columns * width + (columns - 1) * _GAP_PX
    head = _heading(heading, inner)
    top = _MARGIN_PX + head.shape[0]
    paper = np.full((top + rows * (height + _GAP_PX), inner + 2 * _MARGIN_PX, 3), 255, np.uint8)
    paper[_MARGIN_PX:top, _MARGIN_PX : _MARGIN_PX + inner] = head
    for index, panel in enumerate(panels):
        y = top + index // columns * (height + _GAP_PX)
        x = _MARGIN_PX + index % columns * (width + _GAP_PX)
        paper[y : y + height, x : x + width] = draw_panel(panel, height, width)
    return paper


def _heading(heading: Heading, width_px: int) -> Pixels:
    """Shape: (0 or more, width_px, 3)."""
    note = Ink(14, _NOTE)
    lines = [(shortened(heading.title, width_px, _TITLE), _TITLE)] if heading.title else []
    if heading.subtitle:
        lines += [(line, _SUBTITLE) for line in wrapped(heading.subtitle, width_px, _SUBTITLE, most=2)]
    lines += [(line, note) for line in wrapped(heading.note, width_px, note, most=3)]
    paper = np.full((sum(ink.line_px for _, ink in lines) + (16 if lines else 0), width_px, 3), 255, np.uint8)
    y = 0
    for line, ink in lines:
        write(paper, line, (0, y + ink.line_px / 2), ink)
        y += ink.line_px
    return paper


def as_png(pixels: Pixels) -> bytes:
    """The bytes of a PNG file. Shape: (H, W, 3), RGB, both sides at least 1."""
    _, content = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    return content.tobytes()
