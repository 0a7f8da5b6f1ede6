"""Repeated frames: recognised before the network, given back with their own times behind it."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from upscale.video.encoding.encode import Picture
from upscale.video.likeness import are_equal, are_near
from upscale.video.reading.reader import Frame

Dedup = Literal["exact", "near", "off"]


@dataclass(frozen=True)
class _Time:
    """When a frame is shown, in the clip's ticks, and whether it repeats the one before it."""

    pts: int
    duration: int
    repeats: bool


class Repeats:
    """Takes repeated frames out of a stream, and puts their pictures in again on the other side.

    The stream begins with a segment. The first frame of every segment, `segment_frames` long, is never a repeat, so
    that any segment can be made alone. `unit`: codes that make one of 8 bits, for "near". The two sides may be threads
    of their own; between them wait at most a segment's times for each frame that does.
    """

    def __init__(self, dedup: Dedup, segment_frames: int, *, unit: int = 1) -> None:
        self._dedup, self._segment_frames, self._unit = dedup, segment_frames, unit
        self._times: deque[_Time] = deque()

    def unique(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The frames that the network has to see."""
        kept: Frame | None = None
        for number, frame in enumerate(frames):
            is_first = kept is None or number % self._segment_frames == 0
            repeats = not is_first and kept is not None and self._is_repeat(kept, frame)
            self._times.append(_Time(frame.pts, frame.duration, repeats))
            if not repeats:
                # Repeats are compared with this one, not with each other: a slow drift must not go unseen.
                kept = frame
                yield frame

    def restored(self, pictures: Iterable[Picture]) -> Iterator[Picture]:
        """All frames' pictures, in order, each with its own time; repeats share the planes of what they repeat."""
        last: Picture | None = None
        for picture in pictures:
            # Of the picture before: repeats that were not yet known when it came.
            if last is not None:
                yield from self._known_repeats(last)
            yield _at(picture, self._times.popleft())
            yield from self._known_repeats(picture)
            last = picture
        if last is not None:
            yield from self._known_repeats(last)

    def _known_repeats(self, picture: Picture) -> Iterator[Picture]:
        while self._times and self._times[0].repeats:
            yield _at(picture, self._times.popleft())

    def _is_repeat(self, kept: Frame, frame: Frame) -> bool:
        if self._dedup == "exact":
            return are_equal(kept.planes, frame.planes)
        return self._dedup == "near" and are_near(kept.planes, frame.planes, self._unit)


def _at(picture: Picture, time: _Time) -> Picture:
    return replace(picture, pts=time.pts, duration=time.duration)
