"""Where a copied packet goes: its times in the target's ticks, rising, and within the wanted window."""

from collections.abc import Iterator
from fractions import Fraction

from av.stream import Stream

from upscale.video.reading.container import AnyPacket
from upscale.video.reading.timing import Window
from upscale.video.tracks.selection import is_cover

# Matroska's first packets lack the time they are decoded at, as many as the codec delays frames: H.264's most is 16.
_MOST_WAITING = 17


class Placing:
    """Gives the packets of one stream their times; `repaired` counts those that had none, or stepped back."""

    def __init__(self, source: Stream, target: Stream, window: Window) -> None:
        self.repaired = 0
        self._kind, self._window = source.type, window
        self._tick = target.time_base or Fraction(1, 1000)
        self._from = Fraction(0)
        self._ratio = (1, 1)
        self._shift = _ticks(window.shift_s, self._tick)
        self._next = 0
        self._last: int | None = None
        self._waiting: list[AnyPacket] = []
        self._before: AnyPacket | None = None
        # A cover picture has no time, and needs none.
        self._is_cover = is_cover(source)
        self._whole = self._kind != "video" or self._is_cover

    def take(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """The packets that can go now."""
        if self._is_cover:
            packet.pts = packet.dts = 0
            yield packet
        elif packet.dts is None and packet.pts is not None and self._kind == "video" and self._last is None:
            self._waiting.append(packet)
            if len(self._waiting) >= _MOST_WAITING:
                yield from self._released(None)
        else:
            yield from self._released(packet)

    def end(self) -> Iterator[AnyPacket]:
        """Those that waited for a later one."""
        yield from self._released(None)

    def trouble(self) -> str | None:
        """How many times had to be made up."""
        return f"{self.repaired} packets had no usable time; they follow the one before" if self.repaired else None

    def _released(self, packet: "AnyPacket | None") -> Iterator[AnyPacket]:
        """Those that waited, decoded one after another before this one, and itself."""
        waiting, self._waiting = self._waiting, []
        step = max(1, next((old.duration for old in waiting if old.duration), 1))
        first = packet.dts if packet is not None else None
        if first is None and waiting:
            first = min(old.pts or 0 for old in waiting) + step
        for place, old in enumerate(waiting):
            old.dts = (first or 0) - step * (len(waiting) - place)
            yield from self._timed(old)
        if packet is not None:
            yield from self._timed(packet)

    def _timed(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        pts, dts, duration = self._scaled(packet)
        packet.time_base = self._tick
        packet.pts, packet.dts, packet.duration = pts, dts, duration
        for kept in self._cut(packet):
            yield self._rising(kept)

    def _scaled(self, packet: AnyPacket) -> tuple[int, int, int]:
        """(pts, dts, duration) in the target's ticks; a packet without times follows the one before."""
        if packet.time_base != self._from:
            self._from = packet.time_base
            self._ratio = (self._from / self._tick).as_integer_ratio()
        duration = self._rescaled(packet.duration or 0)
        pts = packet.dts if packet.pts is None else packet.pts
        if pts is None:
            self.repaired += 1
            at = self._next + self._shift
            return at, at, duration
        return self._rescaled(pts), self._rescaled(pts if packet.dts is None else packet.dts), duration

    def _rescaled(self, ticks: int) -> int:
        up, down = self._ratio
        return (2 * ticks * up + down) // (2 * down)

    def _cut(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """The packet, if it belongs to the span; of subtitles also what is still shown when that begins."""
        if self._window.start_s is None and self._window.end_s is None:
            yield _clipped(packet, None, None, self._shift)
            return
        start = None if self._window.start_s is None else _ticks(self._window.start_s, self._tick)
        end = None if self._window.end_s is None else _ticks(self._window.end_s, self._tick)
        at, length = packet.pts or 0, packet.duration or 0
        if end is not None and at >= end:
            return
        if start is not None and at < start:
            self._before = packet if self._kind == "subtitle" and (not length or at + length > start) else None
            return
        # A copied video can only be decoded from a keyframe on.
        self._whole = self._whole or packet.is_keyframe
        before, self._before = self._before, None
        for kept in (before, packet) if self._whole else ():
            if kept is not None and not (kept is before and at == start):
                yield _clipped(kept, start, end, self._shift)

    def _rising(self, packet: AnyPacket) -> AnyPacket:
        """Muxers take only rising times: a packet that steps back comes one tick after the one before."""
        pts, dts = packet.pts or 0, packet.dts or 0
        if self._last is not None and dts <= self._last and self._kind != "subtitle":
            self.repaired += 1
            dts = self._last + 1
            pts = max(pts, dts)
        packet.pts, packet.dts = pts, dts
        self._last, self._next = dts, pts + max(1, packet.duration or 0)
        return packet


def _clipped(packet: AnyPacket, start: int | None, end: int | None, shift: int) -> AnyPacket:
    """Within start and end, where those are, and shifted."""
    pts, dts, length = packet.pts or 0, packet.dts or 0, packet.duration or 0
    begins = pts if start is None else max(pts, start)
    ends = pts + length if end is None else min(pts + length, end)
    # What begins before the start is a subtitle, which is decoded when it is shown.
    packet.pts, packet.dts = begins - shift, (dts if begins == pts else begins) - shift
    packet.duration = max(0, ends - begins)
    return packet


def _ticks(seconds: Fraction, tick: Fraction) -> int:
    return round(seconds / tick)
