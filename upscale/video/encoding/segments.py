"""Encoded frames in closed segments: each from its own encoder, on the disk for good before it counts.

A segment file is a list of records and a closing one, so that a file cut short is told from a finished one:

    pts, duration: int64 · is_keyframe: uint8 · sizes of content and what lies beside it: uint32, uint32 · bytes
    frames, 0, 255, 0, 0                                                   the closing record (little endian, ticks)

Containers would round times (Matroska), lose durations (NUT) or refuse codecs (MP4); this keeps what the encoder
gave.
"""

import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain, count, islice, pairwise
from pathlib import Path

from upscale.allocator import give_back_freed_memory
from upscale.errors import OutputError, reason
from upscale.video.encoding.encode import Encoded, Picture, as_packet, encode
from upscale.video.encoding.encoder import EncoderPlan
from upscale.video.reading.container import AnyPacket

# x264's and x265's own longest distance between keyframes: a segment costs no more keyframes than there were.
SEGMENT_FRAMES = 250
SEGMENT_SUFFIX = ".packets"

_HEAD = struct.Struct("<qqBII")
_CLOSING = 255


@dataclass(frozen=True)
class Segment:
    """A closed segment: its place in the clip, what its file holds, and how large that must be to be whole.

    `reordered` is how many places, at most, a packet comes behind its picture's; `repeats` took no network.
    """

    path: Path
    number: int
    frames: int
    reordered: int
    size_bytes: int
    repeats: int = 0


def segment_path(folder: Path, number: int) -> Path:
    """The file of a segment."""
    return folder / f"{number:06d}{SEGMENT_SUFFIX}"


def write_segments(
    pictures: Iterable[Picture],
    plan: EncoderPlan,
    folder: Path,
    numbers: Iterator[int] | None = None,
    segment_frames: int = SEGMENT_FRAMES,
) -> Iterator[Segment]:
    """Encode pictures into segments in `folder`, numbered as `numbers` says when each begins, else from 0.

    A segment that is given lies on the disk. Raises OutputError where the encoder fails, or the disk is full.
    """
    rest, numbers = iter(pictures), count() if numbers is None else numbers
    for first in rest:
        tally = _Tally()
        members = tally.counted(chain([first], islice(rest, segment_frames - 1)))
        segment = _write_segment(folder, next(numbers), encode(members, plan))
        give_back_freed_memory()
        yield replace(segment, repeats=tally.repeats)


def read_segments(segments: Sequence[Segment], time_base: Fraction) -> Iterator[AnyPacket]:
    """The packets of all segments in decoding order, their dts rising from the first to the last.

    Encoders begin their dts afresh in every segment, so that they would run backwards where two meet. Sorted
    pts never do: a packet's dts is that of the frame shown so many places before its own as packets are reordered.
    Places, not ticks: across a long pause those would be the pause, and the whole video that much ahead of the sound.
    """
    reordered = max((segment.reordered for segment in segments), default=0)
    stamps: list[int] = []
    for segment in segments:
        shown = sorted(record.pts for record in read_records(segment.path, with_content=False))
        stamps = [*(stamps or _before(shown, reordered)), *shown]
        for dts, record in zip(stamps, read_records(segment.path, with_content=True), strict=False):
            packet = as_packet(record)
            packet.dts, packet.time_base = dts, time_base
            yield packet
        stamps = stamps[len(shown) :]


def _before(shown: Sequence[int], count: int) -> list[int]:
    """So many times before the first one, as close as the closest two."""
    step = min((later - sooner for sooner, later in pairwise(shown)), default=1)
    return [shown[0] - step * place for place in range(count, 0, -1)]


class _Tally:
    """Counts repeated pictures, which share their planes with the one before."""

    def __init__(self) -> None:
        self.repeats = 0

    def counted(self, pictures: Iterable[Picture]) -> Iterator[Picture]:
        last: Picture | None = None
        for picture in pictures:
            self.repeats += last is not None and picture.planes is last.planes
            last = picture
            yield picture


def _write_segment(folder: Path, number: int, packets: Iterable[Encoded]) -> Segment:
    times: list[int] = []
    path = segment_path(folder, number)
    try:
        with path.open("wb") as file:
            for packet in packets:
                times.append(packet.pts)
                sizes = len(packet.content), len(packet.beside)
                file.write(_HEAD.pack(packet.pts, packet.duration, packet.is_keyframe, *sizes))
                file.write(packet.content + packet.beside)
            file.write(_HEAD.pack(len(times), 0, _CLOSING, 0, 0))
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
    except OSError as error:
        raise OutputError(f"cannot write {path}: {reason(error)}") from error
    shown = {pts: place for place, pts in enumerate(sorted(times))}
    reordered = max(place - shown[pts] for place, pts in enumerate(times))
    return Segment(path, number, len(times), reordered, size)


def read_records(path: Path, *, with_content: bool) -> Iterator[Encoded]:
    """The records of a segment file; OutputError for one that was never closed."""
    with path.open("rb") as file:
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            pts, duration, kind, size, beside_size = _HEAD.unpack(head)
            if kind == _CLOSING:
                return
            if with_content:
                yield Encoded(pts, duration, bool(kind), file.read(size), file.read(beside_size))
            else:
                file.seek(size + beside_size, os.SEEK_CUR)
                yield Encoded(pts, duration, bool(kind), b"")
    raise OutputError(f"{path} was never closed; delete it and start again")
