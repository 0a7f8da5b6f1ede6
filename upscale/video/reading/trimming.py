"""The wanted part of a clip, to the frame."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import av

from upscale.video.reading.timing import Window


@dataclass(frozen=True)
class Timed:
    """A frame and when it is shown, in ticks."""

    frame: av.VideoFrame
    pts: int
    duration: int


def lasting(frames: Iterable[Timed]) -> Iterator[Timed]:
    """The frames with how long they are shown: until the next one, unless the file claims something near it."""
    before: Timed | None = None
    gap = 0
    for timed in frames:
        if before is not None:
            gap = timed.pts - before.pts
            is_near = gap / 2 <= before.duration <= gap
            yield before if is_near else replace(before, duration=gap)
        before = timed
    if before is not None:
        # Matroska's headers may claim a millisecond for each.
        yield before if before.duration >= gap / 2 else replace(before, duration=gap)


def cut(frames: Iterable[Timed], window: Window, time_base: Fraction) -> Iterator[Timed]:
    """The frames that begin in the window, at its times; the last one ends with it."""
    shift = round(window.shift_s / time_base)
    for timed in frames:
        if window.end_s is not None and timed.pts * time_base >= window.end_s:
            return
        if window.start_s is None or timed.pts * time_base >= window.start_s:
            duration = timed.duration
            if window.end_s is not None:
                duration = max(1, min(duration, round(window.end_s / time_base) - timed.pts))
            # Rounding must not move the first frame before 0.
            yield replace(timed, pts=max(0, timed.pts - shift) if shift else timed.pts, duration=duration)
