"""Starting in the midst of a clip, exactly: from the last keyframe that is not after the wanted time."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

import av
from av.container import InputContainer

from upscale.video.reading.container import AnyPacket

# Their index says where every keyframe is; others guess, or search the bytes.
_INDEXED = frozenset(("mp4", "matroska"))
# Of a clip with one keyframe for an hour not all packets can be kept back.
_MOST_BYTES = 2**26


def seek_before(container: InputContainer, stream: av.VideoStream, start_s: Fraction) -> None:
    """Move an indexed file close before a time; other files stay at their beginning."""
    if set(container.format.name.split(",")) & _INDEXED and stream.time_base:
        try:
            container.seek(int(start_s / stream.time_base), stream=stream, backward=True)
        except av.FFmpegError:
            # Nothing is lost but time: the first frame shows whether it is at the beginning still.
            return


def from_keyframe(packets: Iterable[AnyPacket], start_s: Fraction) -> Iterator[AnyPacket]:
    """One stream's packets, without those before the last keyframe that is not after a time.

    Works for any container, for it only leaves out what lies in between; where packets have no times, nothing.
    """
    held: list[AnyPacket] = []
    held_bytes = 0
    rest = iter(packets)
    for packet in rest:
        if packet.is_keyframe and packet.pts is not None and packet.pts * packet.time_base <= start_s:
            held, held_bytes = [], 0
        held.append(packet)
        held_bytes += packet.size
        stamp = packet.dts if packet.dts is not None else packet.pts
        if packet.pts is None or held_bytes > _MOST_BYTES or stamp is None or stamp * packet.time_base > start_s:
            break
    yield from held
    yield from rest
