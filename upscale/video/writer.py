"""The finished file: the segments' packets beside the source's other streams, none of them encoded again."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.container import InputContainer
from av.stream import Stream

from upscale.errors import OutputError
from upscale.video.container import ANY_BYTES, AnyPacket, open_container, reason
from upscale.video.mux import MP4_SUFFIXES, MuxPlan, set_up, tags_to_keep
from upscale.video.segments import Segment, read_segments


def join(segments: Sequence[Segment], plan: MuxPlan, aside: Path) -> None:
    """Write the whole file to `aside`; raises OutputError where the container refuses a packet or the disk is full."""
    with open_container(plan.info.source) as source:
        try:
            with av.open(
                str(aside), "w", container_options=_muxer_options(plan.suffix), metadata_errors=ANY_BYTES
            ) as output:
                streams = set_up(output, source, plan)
                for packet, stream in _interleaved(segments, source, streams, plan):
                    packet.stream = stream
                    output.mux_one(packet)
        except av.FFmpegError as error:
            raise OutputError(f"cannot write {plan.target}: {reason(error)}") from error


def check(aside: Path, plan: MuxPlan, frames: int) -> Iterator[str]:
    """Open the finished file anew, count its frames, and say what else did not arrive.

    Raises OutputError where a frame is missing.
    """
    with open_container(aside) as result, open_container(plan.info.source) as source:
        stream = result.streams.video[0]
        written = sum(1 for packet in result.demux(stream) if packet.size)
        if written != frames:
            raise OutputError(
                f"{frames} frames were decoded, but {plan.suffix} holds {written}; choose another codec or container"
            )
        aspect = plan.encoder.sample_aspect
        if (stream.sample_aspect_ratio or 1) != (aspect or 1):
            yield f"{plan.suffix} does not keep its pixel shape of {aspect} with {plan.encoder.codec}"
        lost = _names(tags_to_keep(source)) - _names(result.metadata)
        if lost:
            yield f"{plan.suffix} does not keep its tags {', '.join(sorted(lost))}"


def _names(metadata: Iterable[str]) -> set[str]:
    """Names of tags; Matroska writes them in capitals, and languages are joined to them."""
    return {name.lower() for name in metadata}


def _interleaved(
    segments: Sequence[Segment], source: InputContainer, streams: dict[int, Stream], plan: MuxPlan
) -> Iterator[tuple[AnyPacket, Stream]]:
    """All packets, roughly by time; the muxer sorts what is left."""
    video = ((packet, streams[plan.info.stream_index]) for packet in read_segments(segments, plan.encoder.time_base))
    others = _other_packets(source, {index: streams[index] for index in plan.copied})
    return heapq.merge(video, others, key=lambda pair: _seconds(pair[0]))


def _other_packets(source: InputContainer, streams: dict[int, Stream]) -> Iterator[tuple[AnyPacket, Stream]]:
    """The source's packets for the new streams; what has an encoder goes through it."""
    if not streams:
        return
    for packet in source.demux([source.streams[index] for index in streams]):
        stream = streams[packet.stream.index]
        if isinstance(stream, av.AudioStream) and stream.codec_context.is_encoder:
            for frame in cast("list[av.AudioFrame]", packet.decode()):
                yield from ((encoded, stream) for encoded in stream.encode(frame))
            # The demuxer's last, empty packet of each stream drains the decoder.
            if packet.size == 0:
                yield from ((encoded, stream) for encoded in stream.encode(None))
        elif packet.size:
            if packet.dts is None:
                packet.dts = packet.pts or 0
            if packet.pts is None:
                packet.pts = packet.dts
            yield packet, stream


def _seconds(packet: AnyPacket) -> Fraction:
    return (packet.dts or 0) * packet.time_base


def _muxer_options(suffix: str) -> dict[str, str]:
    """MP4 tells a stream's start in its movie's ticks: with the usual 1000, audio moves by up to 44 samples."""
    return {"movie_timescale": "90000"} if suffix in MP4_SUFFIXES else {}
