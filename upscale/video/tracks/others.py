"""The source's other streams, packet by packet, on their way into the target."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import av
from av.container import InputContainer
from av.stream import Discard, Stream
from av.subtitles.stream import SubtitleStream

from upscale.video.reading.container import AnyPacket, reason
from upscale.video.reading.packets import packets
from upscale.video.reading.timing import Window
from upscale.video.tracks.placing import Placing
from upscale.video.tracks.selection import spoken
from upscale.video.tracks.sound import SoundCarrier
from upscale.video.tracks.subtitles import TextCarrier
from upscale.video.tracks.tracks import Track

# Containers hold the packets of one moment this near to each other: FFmpeg's own muxers wait 10 s at most.
_ASTRAY_S = 30
# Whose readers can leave a stream out without losing the clock of the others, and save its bytes.
_SEEKING = frozenset(("mp4", "matroska"))


class Carrier(Protocol):
    """Makes the target's packets of the source's, for one stream."""

    def take(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """What can go now."""

    def end(self) -> Iterator[AnyPacket]:
        """What was held back until the source's end."""

    def trouble(self) -> str | None:
        """What was wrong with the packets, for a sentence that begins with their stream."""


@dataclass
class Others:
    """Reads the streams beside the video; `broken` is why that ended before, or went on behind, a piece of them."""

    source: InputContainer
    streams: Mapping[int, Stream]
    carriers: Mapping[int, Carrier]
    window: Window
    broken: str | None = None

    def packets(self) -> Iterator[tuple[AnyPacket, Stream]]:
        """Their packets, ready for the target, with its streams."""
        if not self.carriers:
            return
        self._leave_out_the_rest()
        for packet in packets(self.source, self._failed):
            if self._is_beyond(packet):
                break
            carrier = self.carriers.get(packet.stream.index)
            if carrier is not None:
                stream = self.streams[packet.stream.index]
                yield from ((made, stream) for made in carrier.take(packet))
        for index, carrier in self.carriers.items():
            yield from ((made, self.streams[index]) for made in carrier.end())

    def notes(self) -> Iterator[str]:
        """What the user should know about the packets so far."""
        if self.broken:
            yield f"its other streams are damaged ({self.broken}); what could be read of them is kept"
        for index, carrier in self.carriers.items():
            if trouble := carrier.trouble():
                yield f"its {spoken(self.source.streams[index])}: {trouble}"

    def _leave_out_the_rest(self) -> None:
        if set(self.source.format.name.split(",")) & _SEEKING:
            for stream in self.source.streams:
                if stream.index not in self.carriers:
                    stream.discard = Discard.all

    def _is_beyond(self, packet: AnyPacket) -> bool:
        at = packet.dts if packet.dts is not None else packet.pts
        end_s = self.window.end_s
        return end_s is not None and at is not None and at * packet.time_base > end_s + _ASTRAY_S

    def _failed(self, error: av.FFmpegError) -> None:
        self.broken = self.broken or reason(error)


def carriers(
    source: InputContainer, streams: Mapping[int, Stream], joined: tuple[Track, ...], window: Window
) -> dict[int, Carrier]:
    """How each track's packets go, by the source's index; attachments have none."""
    return {
        track.index: _carrier(track, source.streams[track.index], streams[track.index], window)
        for track in joined
        if track.cover is None and track.kind != "attachment"
    }


def _carrier(track: Track, source: Stream, target: Stream, window: Window) -> Carrier:
    if track.coder is not None and isinstance(source, av.AudioStream) and isinstance(target, av.AudioStream):
        return SoundCarrier(source, target, window)
    placing = Placing(source, target, window)
    if track.coder is not None and isinstance(target, SubtitleStream):
        return TextCarrier(target, placing)
    return placing
