"""What a chart shows, in values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from upscale.plot.lettering import Colour


@dataclass(frozen=True)
class Series:
    """Points that belong together. NaN in `y` leaves a gap.

    `names`, one a point, are written beside the points. `colour`: None takes the next of the palette.
    """

    label: str
    x: Sequence[float]
    y: Sequence[float]
    mark: Literal["line", "points", "both"] = "line"
    names: tuple[str, ...] = ()
    colour: Colour | None = None


@dataclass(frozen=True)
class Panel:
    """One chart. `y_range` None fits the values; `snug_x` lets the horizontal axis end where they do.

    `equal` gives both axes the same scale and range, for places in a plane.
    """

    title: str
    series: tuple[Series, ...]
    x_label: str = ""
    y_label: str = ""
    log_x: bool = False
    log_y: bool = False
    y_range: tuple[float, float] | None = None
    snug_x: bool = True
    equal: bool = False


# Told apart by every kind of eye (Okabe and Ito 2008), without their yellow, which white paper swallows.
PALETTE: tuple[Colour, ...] = (
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (204, 121, 167),
    (230, 159, 0),
    (86, 180, 233),
    (102, 102, 102),
)


def coloured(panel: Panel) -> list[tuple[Series, Colour]]:
    """Each series with its colour."""
    return [(item, item.colour or PALETTE[index % len(PALETTE)]) for index, item in enumerate(panel.series)]
