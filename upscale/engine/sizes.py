"""Which size a picture gets, and which part of it is shown: pure arithmetic, picture by picture."""

import math
from dataclasses import dataclass
from typing import Literal

from upscale.errors import UsageError

Fit = Literal["fit", "fill", "stretch"]

LARGEST_SCALE = 64
LARGEST_SIDE_PX = 10**6

# What "fill" cuts away is a fraction computed in floats.
_ROUNDING_PX = 1e-6


@dataclass(frozen=True)
class Axis:
    """One side of a picture: of its pixels the `length` from `start` on, which may be fractions, become `count`."""

    start: float
    length: float
    count: int

    @property
    def used(self) -> tuple[int, int]:
        """The whole pixels that this touches: first <= x < end."""
        # What is beyond by less is beyond by rounding.
        return math.floor(self.start + _ROUNDING_PX), math.ceil(self.start + self.length - _ROUNDING_PX)

    @property
    def ratio(self) -> float:
        """The enlargement."""
        return self.count / self.length

    @property
    def idle(self) -> bool:
        """Whether this changes nothing of a picture that has no more than the pixels used."""
        return self.start == 0 and self.length == self.count

    def within(self, factor: int) -> "Axis":
        """The same for a picture of nothing but the pixels used, `factor` times as large."""
        return Axis((self.start - self.used[0]) * factor, self.length * factor, self.count)


@dataclass(frozen=True)
class Target:
    """What becomes of a picture: these of its rows and columns, at that size."""

    rows: Axis
    columns: Axis

    @property
    def size_px(self) -> tuple[int, int]:
        """(height, width) of the result."""
        return self.rows.count, self.columns.count


@dataclass(frozen=True)
class SizeWish:
    """The size that results are to have; of the first four at most one, None of them: the network's own factor.

    `frame`, (height, width), is met as `fit` says: "fit" stays inside, "fill" covers it and loses what sticks out
    on both sides, both keep the aspect ratio; "stretch" does not. `max_pixels`: larger results are reduced to it.
    """

    scale: float | None = None
    frame: tuple[int, int] | None = None
    long_side: int | None = None
    short_side: int | None = None
    fit: Fit = "fit"
    max_pixels: int | None = None

    @property
    def varies(self) -> bool:
        """Whether the factor depends on the picture."""
        return any((self.frame, self.long_side, self.short_side, self.max_pixels))

    def target(self, height: int, width: int, own_scale: float) -> Target:
        """For a picture of this size; `own_scale` where nothing else is wished. No side falls below 1 pixel."""
        wished = self._wished(height, width, own_scale)
        rows, columns = wished if self.max_pixels is None else _reduced(*wished, self.max_pixels)
        if self.frame is None or self.fit != "fill":
            return Target(Axis(0, height, rows), Axis(0, width, columns))
        shown = min(height, rows * width / columns), min(width, columns * height / rows)
        return Target(
            Axis((height - shown[0]) / 2, shown[0], rows),
            Axis((width - shown[1]) / 2, shown[1], columns),
        )

    def _wished(self, height: int, width: int, own_scale: float) -> tuple[int, int]:
        if self.frame is not None and self.fit != "fit":
            return self.frame
        # A ratio of whole numbers, so that the side it comes from is met exactly.
        numerator, denominator = self.scale or own_scale, 1
        if self.frame is not None:
            along_height = self.frame[0] * width <= self.frame[1] * height
            numerator, denominator = (self.frame[0], height) if along_height else (self.frame[1], width)
        elif self.long_side is not None:
            numerator, denominator = self.long_side, max(height, width)
        elif self.short_side is not None:
            numerator, denominator = self.short_side, min(height, width)
        return max(1, round(height * numerator / denominator)), max(1, round(width * numerator / denominator))


def checked(wish: SizeWish) -> SizeWish:
    """The wish itself; UsageError for one that cannot be met."""
    given = {
        "--scale": wish.scale,
        "--size": wish.frame,
        "--long-side": wish.long_side,
        "--short-side": wish.short_side,
    }
    named = [option for option, value in given.items() if value is not None]
    if len(named) > 1:
        raise UsageError(f"{' and '.join(named)} exclude each other: give one of them")
    if wish.scale is not None and not 0 < wish.scale <= LARGEST_SCALE:
        raise UsageError(f"--scale {wish.scale:g}: choose a factor above 0, at most {LARGEST_SCALE}")
    sides = (*(wish.frame or ()), wish.long_side, wish.short_side)
    if not all(1 <= side <= LARGEST_SIDE_PX for side in sides if side is not None):
        raise UsageError(f"{named[0]}: choose sides from 1 to {LARGEST_SIDE_PX} pixels")
    if wish.max_pixels is not None and wish.max_pixels < 1:
        raise UsageError(f"--max-pixels {wish.max_pixels}: choose 1 or more")
    return wish


def _reduced(height: int, width: int, most_px: int) -> tuple[int, int]:
    """The largest size of the same shape, to a pixel, that has at most so many pixels."""
    if height * width <= most_px:
        return height, width
    rows = max(1, math.isqrt(height * most_px // width))
    columns = max(1, math.isqrt(width * most_px // height))
    # Where one side is a single pixel, only the other can give way.
    return min(rows, max(1, most_px // columns)), min(columns, max(1, most_px // rows))
