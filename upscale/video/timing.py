"""Times of frames: strictly rising, and made up only where the file has none."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import av

# Matroska and FLV headers tell their clock (1000, 600) where the rate is unknown; no camera is this quick.
_QUICKEST_FPS = 240
_FALLBACK = Fraction(25)


@dataclass(frozen=True)
class Span:
    """The part of a clip that is wanted, in seconds of its own time; what comes out of it begins at 0.

    Without either end the clip's own times stay as they are.
    """

    start_s: Fraction | None = None
    end_s: Fraction | None = None


@dataclass
class Clock:
    """Gives each frame its time, in ticks of `time_base`; counts the times it had to make up."""

    time_base: Fraction
    rate: Fraction
    repaired: int = 0
    _next: int = 0
    _last: int | None = None

    def place(self, pts: int | None, duration: int) -> tuple[int, int]:
        """(pts, duration) of the next frame.

        Encoders and muxers take only rising times. Raw streams have none at all: such a frame follows the one
        before. Coarse or broken clocks repeat them or step back: such a frame comes one tick later.
        """
        step = duration or max(1, round(1 / self.rate / self.time_base))
        if pts is None or (self._last is not None and pts <= self._last):
            pts = self._next if pts is None or self._last is None else self._last + 1
            self.repaired += 1
        self._last = pts
        self._next = pts + step
        return pts, step


def plausible_rate(stated: Fraction | None, first: Sequence[av.VideoFrame], time_base: Fraction) -> Fraction:
    """Frames per second: what the header states where it can be true, else the first two frames' distance.

    Encoders only plan their bits and their level by it; the times themselves come from the frames.
    """
    if stated and 1 <= stated <= _QUICKEST_FPS:
        return stated
    times = [frame.pts for frame in first if frame.pts is not None]
    if len(times) == 2 and times[1] > times[0]:
        return min(Fraction(_QUICKEST_FPS), 1 / ((times[1] - times[0]) * time_base))
    return _FALLBACK
