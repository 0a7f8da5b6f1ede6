"""Pictures through one encoder: its packets, each with the time of its own picture whatever the encoder counts in."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, cast

import av
from av.packet import PacketSideData, packet_sidedata_type_from_literal

from upscale.errors import OutputError
from upscale.video.colour.layout import Samples, component_views
from upscale.video.encoding.encoder_plan import EncoderPlan, open_encoder
from upscale.video.reading.container import AnyPacket, reason

# Where VP8 and VP9 put transparency: a second stream of pictures, beside the packet and not in it.
_BESIDE: Literal["matroska_block_additional"] = "matroska_block_additional"


@dataclass(frozen=True)
class Picture:
    """A finished frame for the encoder: its planes and, in the clip's ticks, its time."""

    planes: tuple[Samples, ...]
    pts: int
    duration: int


@dataclass(frozen=True)
class Encoded:
    """A packet as an encoder gave it, times in the clip's ticks; `beside` travels with it in Matroska only."""

    pts: int
    duration: int
    is_keyframe: bool
    content: bytes
    beside: bytes = b""


def encode(pictures: Iterable[Picture], plan: EncoderPlan) -> Iterator[Encoded]:
    """All packets of one encoder, drained at the end. Raises OutputError where it fails or loses a picture."""
    # Pictures inside the encoder, by what it takes for their time.
    inside: dict[int, tuple[int, int]] = {}
    pts = None
    try:
        encoder = open_encoder(plan)
        for number, picture in enumerate(pictures):
            pts = picture.pts
            stamp = number if plan.counts_frames else pts
            inside[stamp] = (pts, picture.duration)
            for packet in encoder.encode(_frame(picture, plan, stamp)):
                yield _taken(packet, inside, plan)
        for packet in encoder.encode(None):
            yield _taken(packet, inside, plan)
    except av.FFmpegError as error:
        where = "" if pts is None else f" at {float(pts * plan.time_base):.2f} s"
        raise OutputError(f"{plan.codec} failed{where}: {reason(error)}") from error
    if inside:
        lost = min(at for at, _ in inside.values())
        raise OutputError(
            f"{plan.codec} lost {len(inside)} frames, the first at {float(lost * plan.time_base):.2f} s; "
            "choose another codec with -c"
        )


def as_packet(encoded: Encoded) -> AnyPacket:
    """A packet for a muxer, which has still to be told its dts and time base."""
    packet = av.Packet(encoded.content)
    packet.pts, packet.duration, packet.is_keyframe = encoded.pts, encoded.duration, encoded.is_keyframe
    if encoded.beside:
        # PyAV's stub does not know that side data can be made.
        make = cast("Callable[[int, int], PacketSideData]", PacketSideData)
        beside = make(packet_sidedata_type_from_literal(_BESIDE), len(encoded.beside))
        beside.update(encoded.beside)
        packet.set_sidedata(beside, move=True)
    return packet


def _taken(packet: AnyPacket, inside: dict[int, tuple[int, int]], plan: EncoderPlan) -> Encoded:
    """The packet with its picture's own time, which leaves the encoder with it."""
    if packet.pts not in inside:
        raise OutputError(f"{plan.codec} gives a packet of no frame's time; choose another codec with -c")
    pts, duration = inside.pop(packet.pts)
    beside = bytes(packet.get_sidedata(_BESIDE)) if packet.has_sidedata(_BESIDE) else b""
    return Encoded(pts, duration, packet.is_keyframe, bytes(packet), beside)


def _frame(picture: Picture, plan: EncoderPlan, stamp: int) -> av.VideoFrame:
    frame = av.VideoFrame(plan.coded_width, plan.coded_height, plan.layout.name)
    for view, plane in zip(component_views(frame, plan.layout), picture.planes, strict=True):
        view[:] = plane
    frame.pts, frame.time_base = stamp, plan.clock
    frame.colorspace, frame.color_range = plan.tags.matrix, plan.tags.colour_range
    frame.color_primaries, frame.color_trc = plan.tags.primaries, plan.tags.transfer
    return frame
