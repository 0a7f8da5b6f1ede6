"""The finished file: the segments' packets beside the source's other streams, read and written once."""

import heapq
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer
from av.stream import Stream

from upscale.errors import BadInputError, OutputError
from upscale.video.encoding.segments import Segment, read_segments
from upscale.video.reading.container import ANY_BYTES, AnyPacket, open_container, reason
from upscale.video.reading.identity import identify
from upscale.video.reading.timing import window
from upscale.video.tracks.containers import muxer_options
from upscale.video.tracks.header import set_up
from upscale.video.tracks.others import Others, carriers
from upscale.video.tracks.selection import codec_name
from upscale.video.tracks.tracks import MuxPlan

# The length of a text, in two bytes.
_EMPTY_TEXT_BYTES = 2


@dataclass
class Written:
    """What went into one stream: how much, and the times, in ticks of `tick`, of its first and last packet."""

    packets: int = 0
    refused: int = 0
    size_bytes: int = 0
    first: int | None = None
    last: int | None = None
    tick: Fraction = Fraction(1)

    @property
    def first_s(self) -> Fraction | None:
        """When it begins, in seconds."""
        return None if self.first is None else self.first * self.tick

    @property
    def last_s(self) -> Fraction | None:
        """When its last packet begins, in seconds."""
        return None if self.last is None else self.last * self.tick

    def count(self, packet: AnyPacket, stream: Stream) -> None:
        """One more packet of a stream; the empty texts that MP4's muxer puts between two others are none."""
        if packet.size <= _EMPTY_TEXT_BYTES and stream.type == "subtitle" and codec_name(stream) == "mov_text":
            return
        self.packets += 1
        self.size_bytes += packet.size
        at = packet.pts
        if at is None:
            return
        if self.first is None or self.last is None:
            self.first = self.last = at
            self.tick = packet.time_base
        self.first, self.last = min(self.first, at), max(self.last, at)


@dataclass(frozen=True)
class Joined:
    """What was written, by the source's streams in the target's order, and what the user should know of it."""

    written: dict[int, Written] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def join(segments: Sequence[Segment], plan: MuxPlan, aside: Path) -> Joined:
    """Write the whole file to `aside`.

    Raises OutputError where the container refuses the video's packets or the disk is full, BadInputError where the
    source is not there any more, or another than it was.
    """
    _check_source(plan)
    with open_container(plan.info.source) as source:
        try:
            with av.open(
                str(aside), "w", container_options=muxer_options(plan.suffix), metadata_errors=ANY_BYTES
            ) as output:
                streams = set_up(output, source, plan)
                cut = window(plan.tracks.span, source)
                others = Others(source, streams, carriers(source, streams, plan.joined, cut), cut)
                video = streams[plan.info.stream_index]
                pictures = ((packet, video) for packet in read_segments(segments, plan.encoder.time_base))
                packets = heapq.merge(pictures, others.packets(), key=_seconds)
                written = _mux(packets, output, video)
        except av.FFmpegError as error:
            raise OutputError(f"cannot write {plan.target}: {reason(error)}") from error
        by_source = {index: written[stream.index] for index, stream in streams.items()}
        return Joined(by_source, tuple(others.notes()))


def _check_source(plan: MuxPlan) -> None:
    source = plan.info.source
    now = identify(source)
    if plan.identity is not None and now != plan.identity:
        what = "has vanished" if now is None else "has changed"
        raise BadInputError(f"{source} {what} while it was enlarged; its other streams can no longer be copied")


def _mux(
    packets: Iterator[tuple[AnyPacket, Stream]], output: OutputContainer, video: Stream
) -> defaultdict[int, Written]:
    """Write them all; what is refused of the other streams' packets is counted, and does not end the video."""
    written: defaultdict[int, Written] = defaultdict(Written)
    for packet, stream in packets:
        packet.stream = stream
        count = written[stream.index]
        count.count(packet, stream)
        try:
            output.mux_one(packet)
        except (av.InvalidDataError, av.ArgumentError):
            if stream is video:
                raise
            count.refused += 1
    return written


def _seconds(pair: tuple[AnyPacket, Stream]) -> float:
    """When a packet goes; only for the order, and a hundred times quicker than fractions."""
    packet = pair[0]
    return (packet.dts or 0) * float(packet.time_base)
