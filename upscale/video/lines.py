"""The lines of stages that make segments, one for each device: decode | planes to RGB, network, RGB to planes | encode.

Every line decodes the whole clip for itself, which is cheap beside the network, and takes from it whole segments that
no other line has taken, and no earlier run finished.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from upscale.engine.scaling import ScalePlan
from upscale.engine.upscaler import Upscaler
from upscale.flow.flow import Flow
from upscale.flow.pipe import Pipe
from upscale.video.dedup import Dedup, Repeats
from upscale.video.encoding.encode import Picture
from upscale.video.encoding.encoder import EncoderPlan
from upscale.video.encoding.segments import Segment, write_segments
from upscale.video.enlarging import add_network
from upscale.video.reading.reader import Frame, VideoReader
from upscale.video.view import View

# Frames waiting for the network: enough to cover a keyframe's cost, few enough for 8K.
_AHEAD = 4


@dataclass(frozen=True)
class Recipe:
    """How frames become segments in `folder`; `enlarged` is told of every picture's pixels, by one thread at a time."""

    view: View
    encoder: EncoderPlan
    plan: ScalePlan
    dedup: Dedup
    segment_frames: int
    folder: Path
    enlarged: Callable[[int], None]
    telling: threading.Lock = field(default_factory=threading.Lock)


class Missing:
    """Which segments are still to be made; each is given to the line that comes to it first."""

    def __init__(self, finished: Iterable[int], segment_frames: int) -> None:
        self.segment_frames = segment_frames
        self._taken = set(finished)
        self._taking = threading.Lock()

    def take(self, number: int) -> bool:
        """Whether the segment is the asker's from now on."""
        with self._taking:
            is_free = number not in self._taken
            self._taken.add(number)
            return is_free


class Share:
    """One line's part of a clip: the frames of its segments, and `numbers` of those, in the same order."""

    def __init__(self, missing: Missing) -> None:
        self._missing = missing
        self._numbers: deque[int] = deque()

    def frames(self, frames: Iterable[Frame], check: Callable[[], None]) -> Iterator[Frame]:
        """Those that are this line's; `check` is called with every other and may raise, which ends the work."""
        mine = False
        for index, frame in enumerate(frames):
            number, place = divmod(index, self._missing.segment_frames)
            if place == 0 and (mine := self._missing.take(number)):
                self._numbers.append(number)
            if mine:
                yield frame
            else:
                check()

    def numbers(self) -> Iterator[int]:
        """The number of the segment whose first frame has come, each once."""
        while True:
            yield self._numbers.popleft()


def add_line(flow: Flow, recipe: Recipe, upscaler: Upscaler, reader: VideoReader, share: Share) -> Pipe[Segment]:
    """A line through `upscaler`; its finished segments."""
    repeats = Repeats(recipe.dedup, recipe.segment_frames, unit=recipe.view.stored.layout.unit)
    mine = share.frames(reader.frames(), flow.control.check)
    frames = flow.stage("reading", repeats.unique(mine), depth=_AHEAD)
    made = add_network(flow, frames, upscaler, recipe.plan, recipe.view, recipe.encoder)
    told = _told(repeats.restored(made), recipe)
    segments = write_segments(told, recipe.encoder, recipe.folder, share.numbers(), recipe.segment_frames)
    return flow.stage("writing", segments)


def _told(pictures: Iterable[Picture], recipe: Recipe) -> Iterator[Picture]:
    """The same pictures; the listener is told of each once the encoder has taken it, of repeats too."""
    for picture in pictures:
        yield picture
        with recipe.telling:
            recipe.enlarged(picture.planes[0].size)
