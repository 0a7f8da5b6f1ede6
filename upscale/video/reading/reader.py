"""Clips in: what a file says about its video, and its frames as planes, each with its own time."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import av
import numpy as np
from av.sidedata.sidedata import SideData

from upscale.errors import BadInputError, UsageError
from upscale.video.colour.conversion import Colour
from upscale.video.colour.hdr import HdrMetadata, hdr_notes, read_hdr
from upscale.video.colour.layout import PixelLayout, Samples, component_views, find_layout
from upscale.video.colour.tags import ColourTags, read_siting, read_tags, source_colour
from upscale.video.reading.decoding import Decoder, loses_alpha
from upscale.video.reading.deinterlace import Deinterlace, Deinterlacer, feasible
from upscale.video.reading.sequence import find_sequence
from upscale.video.reading.timing import (
    BestEffort,
    Clock,
    Span,
    before_zero_s,
    estimated_frames,
    plausible_rate,
    window,
)
from upscale.video.reading.trimming import Timed, cut, lasting
from upscale.video.reading.uniform import Uniform


@dataclass(frozen=True)
class Frame:
    """A decoded picture: its components over the decoder's memory, and when it is shown.

    Shape of `planes`: what `component_views` says, alpha last where the layout has it. `pts` and `duration` are in
    ticks of the clip's time base.
    """

    planes: tuple[Samples, ...]
    pts: int
    duration: int


@dataclass(frozen=True)
class Reading:
    """How a clip is decoded.

    `threads` decode, 0: one for each core. `deinterlace` auto: frames that say they are interlaced. `hwaccel`: auto,
    none, or FFmpeg's name. `rate`: frames per second of pictures and of raw streams, which have no times.
    """

    span: Span = Span()
    deinterlace: Deinterlace = "auto"
    hwaccel: str = "auto"
    threads: int = 0
    rate: Fraction | None = None


@dataclass(frozen=True)
class VideoInfo:
    """What a clip says about its main video stream; `frame_estimate` is for progress bars only."""

    source: Path
    stream_index: int
    height: int
    width: int
    layout: PixelLayout
    colour: Colour
    tags: ColourTags
    sample_aspect: Fraction | None
    time_base: Fraction
    rate: Fraction
    frame_estimate: int | None
    display_matrix: tuple[int, ...] | None
    notes: tuple[str, ...] = ()
    hdr: HdrMetadata = HdrMetadata()


class VideoReader:
    """An open clip. `info` is known at once; `frames` decodes it once, from the first frame to the last.

    Raises BadInputError for what is no video or holds no frame that can be decoded, UsageError for a span without
    any frame, and for pictures too small for what is asked of them.
    """

    def __init__(self, source: Path, reading: Reading | None = None) -> None:
        self.source = source
        self._reading = reading = reading or Reading()
        self._decoder = Decoder(source, threads=reading.threads, hwaccel=reading.hwaccel, rate=reading.rate)
        with ExitStack() as on_failure:
            on_failure.callback(self._decoder.close)
            self._window = window(reading.span, self._decoder.container)
            self._decoded = self._decoder.frames(self._window.start_s)
            self._first = list(islice(self._decoded, 2))
            if not self._first:
                raise BadInputError(self._no_frame())
            self._uniform = Uniform(self._first[0])
            self.info = self._read_info()
            deinterlace = feasible(reading.deinterlace, self.info.height, self.info.width, self.info.layout)
            on_failure.pop_all()
        self._clock = Clock(self.info.time_base, self.info.rate, regular=not self._has_times)
        self._deinterlacer = Deinterlacer(deinterlace, self.info.time_base)
        self.frames_read = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._decoded.close()
        except ValueError:
            # Another thread, left to itself by an interrupted run, is just decoding: FFmpeg would crash under it.
            return
        self._decoder.close()

    def frames(self) -> Iterator[Frame]:
        """The frames in the order they are shown, their times strictly rising; `damage` says what is missing."""
        first, self._first = self._first, []
        same = self._uniform.frames(chain(first, self._decoded))
        for timed in cut(self._deinterlacer.frames(lasting(self._timed(same))), self._window, self.info.time_base):
            self.frames_read += 1
            yield Frame(component_views(timed.frame, self.info.layout), timed.pts, timed.duration)
        if not self.frames_read:
            raise UsageError(f"{self.source} shows no frame in the part that was asked for")

    def damage(self) -> str | None:
        """What the frames read so far lack because the file is broken; None for a whole one."""
        return self._decoder.damage.sentence(self.source)

    def notes(self) -> list[str]:
        """What the user should know about the frames read so far."""
        notes = [*self._clock.notes(), *self._uniform.notes(), *self._deinterlacer.notes()]
        corrupt = self._decoder.damage.corrupt_frames
        if corrupt:
            notes.append(f"frames that are damaged in the source, enlarged as decoded: {corrupt}")
        return notes

    def _timed(self, frames: Iterable[av.VideoFrame]) -> Iterator[Timed]:
        """Each frame with its own time, mended where it has none."""
        stamps = BestEffort(only_dts=self._decoder.container.format.name == "avi")
        for frame in frames:
            pts, duration = self._clock.place(stamps.time(frame.pts, frame.dts), frame.duration)
            yield Timed(frame, pts, duration)

    def _read_info(self) -> VideoInfo:
        first, stream = self._first[0], self._decoder.stream
        layout = find_layout(self._uniform.name)
        if layout is None:
            raise BadInputError(f"{self.source} stores pixels as {self._uniform.name}, which cannot be read")
        tags = read_tags(first, read_siting(stream))
        colour = source_colour(tags, layout, (first.height, first.width), self.source)
        rate = self._rate(stream)
        return VideoInfo(
            source=self.source,
            stream_index=stream.index,
            height=first.height,
            width=first.width,
            layout=layout,
            colour=colour,
            tags=tags,
            sample_aspect=stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio,
            time_base=self._decoder.time_base,
            rate=rate,
            frame_estimate=estimated_frames(self._decoder.container, stream, rate, self._window),
            display_matrix=_display_matrix(first),
            notes=tuple(self._early_notes(first, layout)),
            hdr=read_hdr(first),
        )

    @property
    def _has_times(self) -> bool:
        """Raw streams have none, and the durations that FFmpeg gives their frames change on the way."""
        return any(frame.pts is not None or frame.dts is not None for frame in self._first)

    def _rate(self, stream: av.VideoStream) -> Fraction:
        if self._has_times:
            return plausible_rate(stream.average_rate, self._first, self._decoder.time_base)
        # The guess knows what the stream's own header says, the average only the demuxer's 25.
        return self._reading.rate or plausible_rate(stream.guessed_rate, self._first, self._decoder.time_base)

    def _no_frame(self) -> str:
        """What to say of a clip without frames."""
        damage = self._decoder.damage.sentence(self.source)
        return f"{self.source} holds no frame that can be decoded" if damage is None else f"{damage}; nothing is left"

    def _early_notes(self, first: av.VideoFrame, layout: PixelLayout) -> Iterator[str]:
        sequence = find_sequence(self.source)
        if sequence and sequence.note:
            yield sequence.note
        if early_s := before_zero_s(self._decoder.container):
            yield f"it begins {float(early_s):.3f} s before 0; all of it is moved behind that"
        if self._decoder.note:
            yield self._decoder.note
        if self._uniform.is_lossy:
            yield f"its pixel format, {first.format.name}, is read as {layout.name}, which is not quite the same"
        if loses_alpha(self._decoder.stream):
            yield "its transparency cannot be decoded here and is lost"
        yield from hdr_notes(first)


def side_data(frame: av.VideoFrame) -> list[SideData]:
    """The frame's side data; PyAV's container is a sequence, whatever its stub says."""
    container = cast("Sequence[SideData]", frame.side_data)
    return [container[index] for index in range(len(container))]


def _display_matrix(frame: av.VideoFrame) -> tuple[int, ...] | None:
    """Rotation and mirroring as nine 32-bit numbers, None where there is none."""
    for data in side_data(frame):
        if data.type.name == "DISPLAYMATRIX":
            return tuple(int(number) for number in np.frombuffer(bytes(data), np.int32))
    return None
