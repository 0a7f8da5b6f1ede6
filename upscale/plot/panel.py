"""One chart: its frame, its marks, its words."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from upscale.plot.axes import Axis, fit_axis
from upscale.plot.lettering import GRAY, Colour, Ink, Pixels, width_of, write, write_upwards
from upscale.plot.naming import Box, leader, place_names
from upscale.plot.series import Panel, Series, coloured

_TITLE, _LEGEND, _TICK = Ink(15, bold=True), Ink(13), Ink(12, GRAY)
_WHITE, _GRID, _AXIS = (255, 255, 255), (230, 230, 230), (150, 150, 150)
# Shapes are drawn so much larger, and reduced: lines of one and a half pixels, and dots that are round.
_FINER = 3
_LINE_PX, _DOT_PX = 1.6, 3.0
# Lines of so few points show them.
_COUNTABLE = 24
# The root of how many dots may be large.
_CROWD = 30
_SWATCH_PX, _LEGEND_GAP_PX = 16, 18
_TICK_GAP_PX, _TICK_HEIGHT_PX = 22, 34
_EDGE_PX = 20

_Points = list[tuple[float, float]]


def draw_panel(panel: Panel, height_px: int, width_px: int) -> Pixels:
    """The chart on white. Shape: (height_px, width_px, 3), RGB."""
    paper = np.full((height_px, width_px, 3), _WHITE, np.uint8)
    write(paper, panel.title, (2, 10), _TITLE)
    top = _draw_legend(paper, panel, 24 if panel.title else 0) + 14
    bottom = height_px - (40 if panel.x_label else 22)
    y_axis = _y_axis(panel, max(2, (bottom - top) // _TICK_HEIGHT_PX))
    left = max((width_of(word, _TICK) for word in y_axis.words), default=0) + (28 if panel.y_label else 10)
    frame = Box(left, top, width_px - _EDGE_PX, bottom)
    x_axis = _x_axis(panel, frame.right - frame.left)
    if panel.equal:
        frame, x_axis = _square(frame), y_axis
    _Drawing(panel, frame, x_axis, y_axis).draw(paper)
    return paper


def _draw_legend(paper: Pixels, panel: Panel, top: int) -> int:
    """What each colour is, in as many rows as it takes; returns where they end."""
    shown = [(series, colour) for series, colour in coloured(panel) if series.label]
    if not shown:
        return top - 4
    x, y = 2, top + 6
    for series, colour in shown:
        needed = _SWATCH_PX + 5 + width_of(series.label, _LEGEND)
        if x > 2 and x + needed > paper.shape[1]:
            x, y = 2, y + _LEGEND.line_px - 2
        if series.mark == "points":
            cv2.circle(paper, (x + _SWATCH_PX // 2, y), 4, colour, -1, cv2.LINE_AA)
        else:
            paper[y - 1 : y + 2, x : x + _SWATCH_PX] = colour
        write(paper, series.label, (x + _SWATCH_PX + 5, y), _LEGEND)
        x += needed + _LEGEND_GAP_PX
    return y + 4


def _y_axis(panel: Panel, most: int) -> Axis:
    values: Iterable[float] = [value for series in panel.series for value in series.y]
    if panel.y_range is not None:
        return fit_axis(panel.y_range, most_ticks=most, log=panel.log_y, snug=True)
    if panel.equal:
        values = [*values, *(value for series in panel.series for value in series.x)]
    return fit_axis(values, most_ticks=most, log=panel.log_y)


def _x_axis(panel: Panel, width_px: float) -> Axis:
    """With as many marks as there is room for their words."""
    values = [value for series in panel.series for value in series.x]
    for most in range(9, 2, -1):
        axis = fit_axis(values, most_ticks=most, log=panel.log_x, snug=panel.snug_x)
        places = [axis.share(tick) * width_px for tick in axis.ticks]
        halves = [width_of(word, _TICK) / 2 for word in axis.words]
        ends = pairwise(zip(places, halves, strict=True))
        if all(b - a > half + other + _TICK_GAP_PX for (a, half), (b, other) in ends):
            return axis
    return fit_axis(values, most_ticks=2, log=panel.log_x, snug=panel.snug_x)


def _square(frame: Box) -> Box:
    """The largest square at the frame's top left."""
    side = min(frame.right - frame.left, frame.bottom - frame.top)
    return Box(frame.left, frame.top, frame.left + side, frame.top + side)


@dataclass(frozen=True)
class _Drawing:
    """A panel's contents in their frame."""

    panel: Panel
    frame: Box
    x_axis: Axis
    y_axis: Axis

    def draw(self, paper: Pixels) -> None:
        """Grid, marks, then words."""
        if not any(self._points(series) for series in self.panel.series):
            middle = (self.frame.left + self.frame.right) / 2, (self.frame.top + self.frame.bottom) / 2
            write(paper, "nothing to show yet", middle, _TICK, anchor="middle")
            return
        self._draw_grid(paper)
        fine = paper.repeat(_FINER, axis=0).repeat(_FINER, axis=1)
        for series, colour in coloured(self.panel):
            self._draw_series(fine, series, colour)
        size = paper.shape[1], paper.shape[0]
        window = self._window(paper)
        window[:] = self._window(np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), np.uint8))
        self._write_ticks(paper)
        self._write_names(paper)

    def _window(self, paper: Pixels) -> Pixels:
        """What marks may cover: the frame, and half a dot beyond it."""
        beyond = 5
        rows = slice(max(0, int(self.frame.top) - beyond), int(self.frame.bottom) + beyond)
        return paper[rows, int(self.frame.left) - beyond : int(self.frame.right) + beyond]

    def _draw_grid(self, paper: Pixels) -> None:
        left, right, bottom = round(self.frame.left), round(self.frame.right), round(self.frame.bottom)
        for tick in self.y_axis.ticks:
            paper[round(self._y(tick)), left:right] = _GRID
        for tick in self.x_axis.ticks:
            x = round(self._x(tick))
            paper[round(self.frame.top) : bottom, x] = _GRID
            paper[bottom : bottom + 4, x] = _AXIS
        paper[bottom, left : right + 1] = _AXIS

    def _write_ticks(self, paper: Pixels) -> None:
        for tick, word in zip(self.y_axis.ticks, self.y_axis.words, strict=True):
            write(paper, word, (self.frame.left - 7, self._y(tick)), _TICK, anchor="right")
        for tick, word in zip(self.x_axis.ticks, self.x_axis.words, strict=True):
            write(paper, word, (self._x(tick), self.frame.bottom + 13), _TICK, anchor="middle")
        if self.panel.x_label:
            middle = (self.frame.left + self.frame.right) / 2
            write(paper, self.panel.x_label, (middle, self.frame.bottom + 31), _TICK, anchor="middle")
        if self.panel.y_label:
            write_upwards(paper, self.panel.y_label, (9, (self.frame.top + self.frame.bottom) / 2), _TICK)

    def _draw_series(self, fine: NDArray[np.uint8], series: Series, colour: Colour) -> None:
        runs = self._runs(series)
        if series.mark != "points":
            for run in runs:
                cv2.polylines(fine, [_fixed(run)], False, colour, round(_LINE_PX * _FINER), cv2.LINE_AA, _BITS)
        # A value between two gaps is no line.
        few = sum(map(len, runs)) <= _COUNTABLE
        dotted = runs if series.mark != "line" or few else [run for run in runs if len(run) == 1]
        radius = _DOT_PX if series.mark != "line" else _LINE_PX + 0.4
        radius *= min(1.0, _CROWD / math.sqrt(max(1, len(series.x))))
        size = round(max(1.2, radius) * _FINER * 2**_BITS)
        for point in (point for run in dotted for point in run):
            x, y = _fixed([point])[0, 0].tolist()
            cv2.circle(fine, (x, y), size, colour, -1, cv2.LINE_AA, _BITS)

    def _write_names(self, paper: Pixels) -> None:
        """All names at once, so that those of one series keep clear of another's marks."""
        named = [(series, colour) for series, colour in coloured(self.panel) if series.names]
        if not named:
            return
        dots = [Box(x - 5, y - 5, x + 5, y + 5) for series in self.panel.series for x, y in self._points(series)]
        ways = [box for series in self.panel.series if series.mark != "points" for box in _along(self._points(series))]
        names = [name for series, _ in named for name in self._names(series)]
        points = [point for series, _ in named for point in self._points(series)]
        boxes = place_names(names, points, [*dots, *ways], self.frame, _LEGEND)
        for name, box, point in zip(names, boxes, points, strict=True):
            if name and (end := leader(box, point)):
                ends = [(round(x), round(y)) for x, y in (point, end)]
                cv2.line(paper, ends[0], ends[1], _AXIS, 1, cv2.LINE_AA)
            write(paper, name, (box.left, (box.top + box.bottom) / 2), _LEGEND)

    def _names(self, series: Series) -> list[str]:
        placed = zip(series.names, series.x, series.y, strict=True)
        return [name for name, x, y in placed if _seen((self._x(x), self._y(y)))]

    def _points(self, series: Series) -> _Points:
        """In pixels, without what has no place."""
        return [point for run in self._runs(series) for point in run]

    def _runs(self, series: Series) -> list[_Points]:
        """The points in pixels, parted at gaps."""
        runs: list[_Points] = [[]]
        for x, y in zip(series.x, series.y, strict=True):
            point = (self._x(x), self._y(y))
            if _seen(point):
                runs[-1].append(point)
            elif runs[-1]:
                runs.append([])
        return [run for run in runs if run]

    def _x(self, value: float) -> float:
        return self.frame.left + self.x_axis.share(value) * (self.frame.right - self.frame.left)

    def _y(self, value: float) -> float:
        return self.frame.bottom - self.y_axis.share(value) * (self.frame.bottom - self.frame.top)


# Bits behind the point in OpenCV's coordinates, and how far out of the picture they may lie.
_BITS, _FAR_PX = 4, 1e5


def _seen(point: tuple[float, float]) -> bool:
    return all(math.isfinite(value) and abs(value) < _FAR_PX for value in point)


def _fixed(points: Sequence[tuple[float, float]]) -> NDArray[np.int32]:
    """Places for OpenCV, on the finer paper; the middle of pixel 0 is 0 on both. Shape: (n, 1, 2)."""
    fine = (np.array(points, np.float64) + 0.5) * _FINER - 0.5
    fixed: NDArray[np.int32] = np.rint(fine * 2**_BITS).astype(np.int32)[:, None]
    return fixed


def _along(points: _Points) -> list[Box]:
    """Small boxes on the way from point to point."""
    boxes = []
    for (x, y), (to_x, to_y) in pairwise(points):
        for share in np.linspace(0, 1, 2 + int(math.hypot(to_x - x, to_y - y) / 6)):
            middle_x, middle_y = x + (to_x - x) * share, y + (to_y - y) * share
            boxes.append(Box(middle_x - 3, middle_y - 3, middle_x + 3, middle_y + 3))
    return boxes
