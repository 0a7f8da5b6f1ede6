"""The curves of a run, drawn from its table."""

import math
from collections.abc import Sequence
from dataclasses import replace

from upscale.train.watch.reports import (
    C_FAKE,
    C_REAL,
    CONTRAST,
    D_FAKE,
    D_REAL,
    DRIFT,
    GRADIENT,
    NIQE,
    PSNR,
    RATE,
    RIGHT,
    SATURATION,
    SECONDS,
    STEP,
    Row,
    losses_of,
)

from upscale.plot.lettering import Colour
from upscale.plot.series import Panel, Series

_COLOURS: dict[str, Colour] = {"red": (213, 60, 30), "green": (0, 150, 90), "blue": (0, 100, 190)}
_OPINIONS = {D_REAL: "originals are real", D_FAKE: "results are real", RIGHT: "told right"}
# From there on a logarithm shows more than it hides.
_WIDE = 20


def curve_panels(rows: Sequence[Row]) -> list[Panel]:
    """A panel for each kind of number that the table has."""
    panels = [
        _panel("PSNR on Y, dB", _series(rows, {PSNR: ""})),
        _panel("NIQE (lower is more natural)", _series(rows, {NIQE: ""})),
        _panel("losses, before their weights", _series(rows, {name: name for name in losses_of(list(rows))})),
        Panel("what the discriminator says", _series(rows, _OPINIONS), y_range=(0, 1)),
        _panel("the critic's score", _series(rows, {C_REAL: "originals", C_FAKE: "results"})),
        _panel("norm of the gradients", _series(rows, _gradients(rows))),
        _panel("mean colour, results less originals, of 255", _drift(rows)),
        _panel("strength, results / originals", _series(rows, {SATURATION: "saturation", CONTRAST: "local contrast"})),
        _panel("learning rate", _series(rows, {RATE: ""})),
        _panel("seconds a step", _series(rows, {SECONDS: ""})),
    ]
    return [panel for panel in panels if panel.series]


def _panel(title: str, series: tuple[Series, ...]) -> Panel:
    """On a logarithm's scale where all numbers are positive and far apart."""
    values = [value for item in series for value in item.y if math.isfinite(value)]
    wide = bool(values) and min(values) > 0 and max(values) > _WIDE * min(values)
    return Panel(title, series, log_y=wide and title != "learning rate")


def _series(rows: Sequence[Row], labels: dict[str, str]) -> tuple[Series, ...]:
    """A line for each column that has a number."""
    steps = [row[STEP] for row in rows]
    lines = {label: [row.get(name, math.nan) for row in rows] for name, label in labels.items()}
    return tuple(Series(label, steps, y) for label, y in lines.items() if not all(map(math.isnan, y)))


def _gradients(rows: Sequence[Row]) -> dict[str, str]:
    return {name: name.removeprefix(GRADIENT) for row in rows for name in row if name.startswith(GRADIENT)}


def _drift(rows: Sequence[Row]) -> tuple[Series, ...]:
    """Each colour in its own."""
    lines = _series(rows, dict(zip(DRIFT, ("red", "green", "blue"), strict=True)))
    return tuple(replace(line, colour=_COLOURS[line.label]) for line in lines)
