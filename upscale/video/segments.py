"""Encoded frames in closed segments: each from its own encoder, whole on disk or absent, whatever happens later.

A segment file is a list of records and a closing one, so that a file cut short is told from a finished one:

    pts, duration: int64 · is_keyframe: uint8 · size: uint32 · bytes      (little endian, ticks)
    frames, 0, 255, 0                                                      the closing record

Containers would round times (Matroska), lose durations (NUT) or refuse codecs (MP4); this keeps what the encoder
gave.
"""

import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path

import av

from upscale.errors import OutputError
from upscale.video.container import AnyPacket, reason
from upscale.video.encoder import EncoderPlan, open_encoder
from upscale.video.layout import Samples, component_views

# x264's and x265's own longest distance between keyframes: a segment costs no more keyframes than there were.
SEGMENT_FRAMES = 250

_HEAD = struct.Struct("<qqBI")
_CLOSING = 255


@dataclass(frozen=True)
class Picture:
    """A finished frame for the encoder: its planes and, in the clip's ticks, its time."""

    planes: tuple[Samples, ...]
    pts: int
    duration: int


@dataclass(frozen=True)
class Segment:
    """A closed segment file; `delay` is how far, in ticks, its packets come out of order at most."""

    path: Path
    frames: int
    delay: int


@dataclass(frozen=True)
class _Record:
    """A packet as a segment file keeps it."""

    pts: int
    duration: int
    is_keyframe: bool
    content: bytes


def write_segments(pictures: Iterable[Picture], plan: EncoderPlan, folder: Path) -> Iterator[Segment]:
    """Encode pictures into numbered segments in `folder`. Raises OutputError where the encoder fails."""
    rest = iter(pictures)
    for number, first in enumerate(rest):
        members = chain([first], islice(rest, SEGMENT_FRAMES - 1))
        yield _write_segment(folder / f"{number:06d}.packets", _encode(members, plan))


def read_segments(segments: Sequence[Segment], time_base: Fraction) -> Iterator[AnyPacket]:
    """The packets of all segments in decoding order, their dts rising from the first to the last.

    Encoders begin their dts afresh in every segment, so that they would run backwards where two meet. Sorted
    pts never do: a packet's dts is the pts of the frame shown in its place, less the clip's largest delay.
    """
    delay = max((segment.delay for segment in segments), default=0)
    for segment in segments:
        shown = sorted(record.pts for record in _records(segment.path, with_content=False))
        for place, record in zip(shown, _records(segment.path, with_content=True), strict=True):
            packet = av.Packet(record.content)
            packet.pts, packet.dts, packet.duration = record.pts, place - delay, record.duration
            packet.time_base, packet.is_keyframe = time_base, record.is_keyframe
            yield packet


def _encode(pictures: Iterable[Picture], plan: EncoderPlan) -> Iterator[tuple[AnyPacket, int]]:
    """(packet, duration in ticks) from one encoder, drained at the end."""
    durations: dict[int, int] = {}
    try:
        encoder = open_encoder(plan)
        for picture in pictures:
            durations[picture.pts] = picture.duration
            for packet in encoder.encode(_av_frame(picture, plan)):
                yield packet, durations.pop(_time(packet), 0)
        for packet in encoder.encode(None):
            yield packet, durations.pop(_time(packet), 0)
    except av.FFmpegError as error:
        raise OutputError(f"{plan.codec} failed: {reason(error)}") from error
    if durations:
        raise OutputError(f"{plan.codec} lost {len(durations)} frames; choose another codec with -c")


def _time(packet: AnyPacket) -> int:
    if packet.pts is None:
        raise OutputError("the encoder gives packets without times; choose another codec with -c")
    return packet.pts


def _av_frame(picture: Picture, plan: EncoderPlan) -> av.VideoFrame:
    frame = av.VideoFrame(plan.coded_width, plan.coded_height, plan.layout.name)
    for view, plane in zip(component_views(frame, plan.layout), picture.planes, strict=True):
        view[:] = plane
    frame.pts, frame.time_base = picture.pts, plan.time_base
    frame.colorspace, frame.color_range = plan.tags.matrix, plan.tags.colour_range
    frame.color_primaries, frame.color_trc = plan.tags.primaries, plan.tags.transfer
    return frame


def _write_segment(path: Path, packets: Iterable[tuple[AnyPacket, int]]) -> Segment:
    times = []
    with path.open("xb") as file:
        for packet, duration in packets:
            times.append(_time(packet))
            content = bytes(packet)
            file.write(_HEAD.pack(times[-1], duration, packet.is_keyframe, len(content)))
            file.write(content)
        file.write(_HEAD.pack(len(times), 0, _CLOSING, 0))
    delay = max(shown - pts for shown, pts in zip(sorted(times), times, strict=True))
    return Segment(path, len(times), delay)


def _records(path: Path, *, with_content: bool) -> Iterator[_Record]:
    """The records of a segment file; OutputError for one that was never closed."""
    with path.open("rb") as file:
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            pts, duration, kind, size = _HEAD.unpack(head)
            if kind == _CLOSING:
                return
            content = file.read(size) if with_content else b""
            file.seek(0 if with_content else size, os.SEEK_CUR)
            yield _Record(pts, duration, bool(kind), content)
    raise OutputError(f"{path} was never closed; delete it and start again")
