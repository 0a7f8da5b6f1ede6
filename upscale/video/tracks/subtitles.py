"""Subtitles of words, written as those of another codec."""

from collections.abc import Iterator

import av
from av.container import OutputContainer
from av.subtitles.stream import SubtitleStream

from upscale.video.reading.container import AnyPacket
from upscale.video.tracks.placing import Placing
from upscale.video.tracks.tracks import Coder


def add_text(output: OutputContainer, template: SubtitleStream, coder: Coder) -> SubtitleStream:
    """A stream that writes the words anew, by way of ASS, whose header tells FFmpeg's encoders the styles."""
    template.codec_context.open(strict=False)
    stream = output.add_stream(coder)
    assert isinstance(stream, SubtitleStream)
    stream.codec_context.subtitle_header = template.codec_context.subtitle_header
    return stream


class TextCarrier:
    """Turns packets of one subtitle codec into those of another, at the same times.

    `unreadable` counts broken ones, `shortened` those that MP4 ends when the next one begins.
    """

    def __init__(self, target: SubtitleStream, placing: Placing) -> None:
        self.unreadable = self.shortened = 0
        self._target, self._placing = target, placing
        self._shows_one = target.codec_context.name == "mov_text"
        self._end: int | None = None

    def take(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """The packet in the other codec; none for an empty one, which MP4 has between two texts."""
        if not isinstance(packet.stream, SubtitleStream):
            return
        try:
            words = packet.stream.decode2(packet)
            if words is None or not len(words):
                return
            words.start_display_time = 0
            written = self._target.codec_context.encode_subtitle(words)
        except av.FFmpegError:
            self.unreadable += 1
            return
        self._count_overlap(packet)
        written.pts, written.dts, written.duration = packet.pts, packet.pts, packet.duration
        written.time_base, written.stream, written.is_keyframe = packet.time_base, packet.stream, True
        yield from self._placing.take(written)

    def end(self) -> Iterator[AnyPacket]:
        """Nothing: each text goes as it comes."""
        yield from self._placing.end()

    def trouble(self) -> str | None:
        """How many texts were lost, or lost a part of their time."""
        troubles = []
        if self.unreadable:
            troubles.append(f"{self.unreadable} of its texts could not be read; they are left out")
        if self.shortened:
            troubles.append(f"{self.shortened} of its texts end when the next one begins, for MP4 shows one at a time")
        return "; ".join(troubles) or None

    def _count_overlap(self, packet: AnyPacket) -> None:
        if not self._shows_one or packet.pts is None:
            return
        self.shortened += self._end is not None and self._end > packet.pts
        self._end = packet.pts + (packet.duration or 0)
