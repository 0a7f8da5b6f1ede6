"""Clips in: what a file says about its video, and its frames as planes, each with its own time."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, cast

import av
import numpy as np
from av.sidedata.sidedata import SideData

from upscale.errors import BadInputError
from upscale.video.colour import Colour
from upscale.video.container import AnyPacket, open_container, reason
from upscale.video.hdr import HdrMetadata
from upscale.video.layout import PixelLayout, Samples, component_views, find_layout
from upscale.video.tags import ColourTags, is_guessed, read_siting, read_tags, source_colour
from upscale.video.timing import Clock, Span, plausible_rate

Deinterlace = Literal["auto", "on", "off"]


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
    """How a clip is decoded. `threads` decode, 0: one for each core; `deinterlace` auto: frames that say so."""

    span: Span = Span()
    deinterlace: Deinterlace = "auto"
    hwaccel: str = "auto"
    threads: int = 0


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

    Raises BadInputError for what is no video, or one that cannot be decoded to its end.
    """

    def __init__(self, source: Path, reading: Reading | None = None) -> None:
        self.source = source
        reading = reading or Reading()
        self._container = open_container(source)
        with ExitStack() as on_failure:
            on_failure.callback(self._container.close)
            self._stream = main_video(self._container, source)
            self._stream.thread_type = "AUTO"
            self._stream.thread_count = reading.threads
            self._decoded = self._decode()
            self._first = list(islice(self._decoded, 2))
            if not self._first:
                raise BadInputError(f"{source} holds no frame that can be decoded")
            self.info = self._read_info()
            on_failure.pop_all()
        self._clock = Clock(self.info.time_base, self.info.rate)
        self._interlaced = self._corrupt = 0
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
        self._container.close()

    def frames(self) -> Iterator[Frame]:
        """The frames in the order they are shown, their times strictly rising.

        Raises BadInputError where the file is damaged, cut off, or changes its size on the way.
        """
        first, self._first = self._first, []
        for frame in chain(first, self._decoded):
            if (frame.height, frame.width) != (self.info.height, self.info.width):
                raise BadInputError(
                    f"{self.source} changes from {self.info.width}x{self.info.height} to {frame.width}x"
                    f"{frame.height} on the way; split it there first"
                )
            layout = find_layout(frame.format.name)
            if layout != self.info.layout:
                raise BadInputError(f"{self.source} changes its pixel format to {frame.format.name} on the way")
            self.frames_read += 1
            self._interlaced += frame.interlaced_frame
            self._corrupt += frame.is_corrupt
            pts, duration = self._clock.place(frame.dts if frame.pts is None else frame.pts, frame.duration)
            yield Frame(component_views(frame, layout), pts, duration)

    def damage(self) -> str | None:
        """What the frames read so far lack because the file is broken; None for a whole one."""
        return None

    def notes(self) -> list[str]:
        """What the user should know about the frames read so far."""
        notes = []
        if self._clock.repaired:
            notes.append(f"{self._clock.repaired} frames had no usable time; they follow the frame before")
        if self._interlaced:
            notes.append(f"{self._interlaced} frames are interlaced; both fields were enlarged as one picture")
        if self._corrupt:
            notes.append(f"{self._corrupt} frames are damaged in the source; they were enlarged as decoded")
        return notes

    def _decode(self) -> Generator[av.VideoFrame, None, None]:
        """Every frame, the decoder drained at the end; what was promised is compared with what came."""
        packets = 0
        end_s = Fraction(0)
        last: int | None = None
        try:
            for packet in self._container.demux():
                packets += packet.size > 0 and packet.stream is self._stream
                end_s = max(end_s, _end_s(packet))
                # A flushing packet knows its stream, but its own index is 0.
                if packet.stream is self._stream:
                    for frame in self._stream.decode(packet):
                        last = frame.pts
                        yield frame
        except av.FFmpegError as error:
            where = "from its start" if last is None else f"after {float(last * self._time_base()):.2f} s"
            raise BadInputError(f"{self.source} is damaged {where}: {reason(error)}") from error
        self._check_complete(packets, end_s)

    def _check_complete(self, packets: int, end_s: Fraction) -> None:
        """A file that was cut off ends like any other; only its index or its header tells."""
        names = set(self._container.format.name.split(","))
        promised = len(self._stream.index_entries)
        if names & {"mp4", "avi"} and packets < promised:
            raise BadInputError(f"{self.source} is cut off: {packets} of {promised} frames are there")
        length_s = Fraction(self._container.duration or 0, av.time_base)
        # Durations in headers are rounded, and the last packets may lack theirs; a second is neither.
        if "matroska" in names and end_s + 1 < length_s:
            raise BadInputError(
                f"{self.source} is cut off: it ends after {float(end_s):.2f} of {float(length_s):.2f} s"
            )

    def _time_base(self) -> Fraction:
        return self._stream.time_base or Fraction(1, av.time_base)

    def _read_info(self) -> VideoInfo:
        first = self._first[0]
        layout = find_layout(first.format.name)
        if layout is None:
            raise BadInputError(
                f"{self.source} stores pixels as {first.format.name}, which is not supported; convert it"
            )
        tags = read_tags(first, read_siting(self._stream))
        colour = source_colour(tags, layout, first.height, self.source)
        rate = plausible_rate(self._stream.average_rate, self._first, self._time_base())
        return VideoInfo(
            source=self.source,
            stream_index=self._stream.index,
            height=first.height,
            width=first.width,
            layout=layout,
            colour=colour,
            tags=tags,
            sample_aspect=self._stream.sample_aspect_ratio,
            time_base=self._time_base(),
            rate=rate,
            frame_estimate=self._stream.frames or self._estimate(rate),
            display_matrix=_display_matrix(first),
            notes=tuple(self._colour_notes(first, layout, tags, colour)),
        )

    def _estimate(self, rate: Fraction) -> int | None:
        """Frames by duration, where the header does not count them."""
        duration = self._container.duration
        return round(Fraction(duration, av.time_base) * rate) if duration else None

    def _colour_notes(
        self, first: av.VideoFrame, layout: PixelLayout, tags: ColourTags, colour: Colour
    ) -> Iterator[str]:
        if layout.family == "yuv" and is_guessed(tags):
            yield f"its colour matrix is not tagged; {colour.matrix} is assumed from its {first.height} lines"
        if layout.has_alpha or self._stream.metadata.get("alpha_mode") == "1":
            yield "its transparency is not kept"
        if any(data.type.name == "MASTERING_DISPLAY_METADATA" for data in side_data(first)):
            yield "its mastering-display metadata is not kept; primaries and transfer are"


def main_video(container: av.container.InputContainer, source: Path) -> av.VideoStream:
    """The stream FFmpeg would play; cover pictures do not count."""
    stream = container.streams.best("video")
    if not isinstance(stream, av.VideoStream) or stream.codec_context is None:
        raise BadInputError(f"{source} holds no video that can be decoded")
    return stream


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


def _end_s(packet: AnyPacket) -> Fraction:
    """When a packet ends, in seconds."""
    at = packet.pts if packet.pts is not None else packet.dts
    return (at + (packet.duration or 0)) * packet.time_base if at is not None else Fraction(0)
