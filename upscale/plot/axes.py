"""Axes with round numbers."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_STEPS = (1, 2, 5, 10)
# Below and above, digits are counted badly.
_TINY, _THOUSANDS, _MILLIONS = 1e-3, 1e4, 1e6
_MOST_DIGITS = 5
# Spans of larger numbers overflow, and powers of ten below smaller ones are 0.
_LARGEST, _SMALLEST = 1e100, 1e-100


@dataclass(frozen=True)
class Axis:
    """What an axis spans, and its marks with their words."""

    low: float
    high: float
    log: bool
    ticks: tuple[float, ...]

    def share(self, value: float) -> float:
        """Where a value lies: 0 at the low end, 1 at the high one; NaN for what a logarithm has no place for."""
        low, high = self.low, self.high
        if self.log:
            if value < _SMALLEST:
                return math.nan
            value, low, high = math.log10(value), math.log10(low), math.log10(high)
        return (value - low) / (high - low)

    @property
    def words(self) -> tuple[str, ...]:
        """The ticks in words."""
        return tuple(map(short, self.ticks)) if self.log else spoken(self.ticks)


def fit_axis(values: Iterable[float], *, most_ticks: int, log: bool = False, snug: bool = False) -> Axis:
    """An axis for all values that have a place on it; `snug` ends it at the outermost, else it ends at ticks."""
    placed = [value for value in values if abs(value) < _LARGEST and (value >= _SMALLEST or not log)]
    low, high = (min(placed), max(placed)) if placed else (1.0, 10.0) if log else (0.0, 1.0)
    # Within one power of ten even steps have rounder marks.
    if log and high >= 10 * low:
        return _log_axis(low, high, most_ticks)
    return _plain_axis(low, high, most_ticks, snug=snug)


def _plain_axis(low: float, high: float, most_ticks: int, *, snug: bool) -> Axis:
    # Differences in the last digits are no curve; nor has a single value any.
    least = max(1e-9 * max(abs(low), abs(high)), 1e-12)
    if high - low < least:
        margin = max(0.05 * abs(low), least)
        low, high = low - margin, high + margin
    step = round_step(high - low, max(1, most_ticks - (1 if snug else 2)))
    if not snug:
        low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return Axis(low, high, False, tuple(index * step for index in range(first, last + 1)))


def round_step(span: float, most: int) -> float:
    """The smallest of 1, 2, 5 times a power of ten that `span` holds at most `most` times."""
    power = 10.0 ** math.floor(math.log10(span / most))
    return next(step * power for step in _STEPS if step * power * most >= span * (1 - 1e-9))


def _log_axis(low: float, high: float, most_ticks: int) -> Axis:
    first, last = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
    last = max(last, first + 1)
    if last - first > 2:
        stride = -(-(last - first) // max(1, most_ticks - 1))
        powers = range(first, last + stride, stride)
        return Axis(10.0**first, 10.0 ** powers[-1], True, tuple(10.0**power for power in powers))
    marks = [step * 10.0**power for power in range(first, last + 1) for step in (1, 2, 5)]
    bottom = max(mark for mark in marks if mark <= low * (1 + 1e-9))
    top = min(mark for mark in marks if mark >= high * (1 - 1e-9) and mark > bottom)
    return Axis(bottom, top, True, tuple(mark for mark in marks if bottom <= mark <= top))


def spoken(ticks: Sequence[float]) -> tuple[str, ...]:
    """Evenly spaced numbers with as many digits as tell them apart."""
    largest = max(map(abs, ticks), default=0.0)
    step = min((b - a for a, b in zip(ticks, ticks[1:], strict=False)), default=largest)
    for unit, letter in ((_MILLIONS, "M"), (_THOUSANDS / 10, "k")):
        if largest >= max(unit, _THOUSANDS):
            return tuple(f"{tick / unit:.10g}{letter}" if tick else "0" for tick in ticks)
    digits = 0 if step <= 0 else max(0, -math.floor(math.log10(step) + 1e-9))
    if largest < _TINY or digits > _MOST_DIGITS:
        return tuple(map(short, ticks))
    return tuple(f"{tick + 0.0:.{digits}f}" for tick in ticks)


def short(value: float) -> str:
    """A number in few characters: 1e-5, neither 1e-05 nor 0.00001."""
    if not 0 < abs(value) < _TINY and abs(value) < _MILLIONS:
        return f"{value:.4g}"
    mantissa, _, power = f"{value:.3e}".partition("e")
    return f"{float(mantissa):g}e{int(power)}"
