"""The packets of a file, past what cannot be read, their clocks running on where the file's own begin anew."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import TypeAlias

import av
from av.container import InputContainer

from upscale.video.reading.container import AnyPacket
from upscale.video.reading.timing import before_zero_s

# Files whose clock may begin anew on the way (AVFMT_TS_DISCONT): recordings, and files put together byte by byte.
_RESTARTING = frozenset(("mpegts", "mpeg", "mpegtsraw"))
# What is no pause any more, FFmpeg's -dts_delta_threshold and, of other files, its -dts_error_threshold; and how far
# back is no error of rounding any more.
_PAUSE_S, _BACK_S = 10, Fraction(1, 10)
_LONGEST_PAUSE_S, _LONGEST_BACK_S = 3600 * 30, Fraction(1)
# A stream's next packet comes before so many of the others, or the file is not interleaved.
_MOST_HELD = 500
# A file that was cut off fails once for every packet its index promises; one that can be read on does so at once.
_MOST_FAILURES = 1000


def packets(
    container: InputContainer, on_failure: Callable[[av.FFmpegError], None] = lambda error: None
) -> Iterator[AnyPacket]:
    """All packets that hold something, of all streams; `on_failure` hears of each reading error.

    Where the clock jumps, for days or back to the beginning, all streams go on from where they were, moved by the
    same time, and in the same way for whoever reads the file.
    """
    stamps = _Stamps(container)
    clocks = _Clocks(container, stamps)
    for packet in _without_outliers(_readable(container, on_failure), stamps):
        clocks.mend(packet)
        yield packet


def _readable(container: InputContainer, on_failure: Callable[[av.FFmpegError], None]) -> Iterator[AnyPacket]:
    """What can be read, tried again behind every error until there is nothing but errors."""
    failures = 0
    while failures < _MOST_FAILURES:
        try:
            for packet in container.demux():
                failures = 0
                if packet.size:
                    yield packet
        except av.FFmpegError as error:
            if not failures:
                on_failure(error)
            failures += 1
        except IndexError:
            # PyAV, draining a stream at the end that appeared on the way only: all has been read.
            return
        else:
            return


# In the ticks of `_Stamps`; of a stream that does not go into them, and so rarely that it may be slow, a fraction.
_Ticks: TypeAlias = int | Fraction


@dataclass(frozen=True)
class _Track:
    """A stream's own tick in the common ones. `is_steady`: its packets follow each other without long pauses."""

    unit: _Ticks
    is_steady: bool


class _Stamps:
    """Times of all streams in common ticks, `per_s` a second: as exact as fractions of a second, and much quicker."""

    def __init__(self, container: InputContainer) -> None:
        bases = [stream.time_base for stream in container.streams if stream.time_base]
        # Tenths, too, so that what is compared with them is whole.
        self.per_s = lcm(10, *(base.denominator for base in bases))
        self._tracks: dict[int, _Track] = {}

    def track(self, packet: AnyPacket) -> _Track:
        """Of the packet's stream."""
        known = self._tracks.get(packet.stream_index)
        if known is None:
            # Of texts and data a pause is the rule.
            is_steady = packet.stream.type in ("video", "audio")
            known = self._tracks[packet.stream_index] = _Track(self.ticks(packet.time_base), is_steady)
        return known

    def ticks(self, seconds: Fraction | int) -> _Ticks:
        """As a whole number, if it is one."""
        ticks = Fraction(seconds) * self.per_s
        return ticks.numerator if ticks.denominator == 1 else ticks

    def at(self, packet: AnyPacket) -> _Ticks | None:
        """When a packet is due; None where that is unknown, or says nothing about the clock."""
        track = self.track(packet)
        stamp = packet.pts if packet.dts is None else packet.dts
        return None if stamp is None or not track.is_steady else stamp * track.unit


def _without_outliers(packets: Iterable[AnyPacket], stamps: _Stamps) -> Iterator[AnyPacket]:
    """The packets, without the time of one that is far ahead, while its stream's next one is where it was."""
    last: dict[int, _Ticks] = {}
    held: list[AnyPacket] = []
    suspect: int | None = None
    pause = _PAUSE_S * stamps.per_s
    for packet in packets:
        at, index = stamps.at(packet), packet.stream_index
        if suspect is not None and (index == suspect or len(held) >= _MOST_HELD):
            if at is not None and index == suspect and -pause < at - last[index] < pause:
                held[0].pts = held[0].dts = None
            elif (jumped := stamps.at(held[0])) is not None:
                last[suspect] = jumped
            yield from held
            held, suspect = [], None
        before = last.get(index)
        if suspect is None and at is not None and before is not None and at - before > pause:
            suspect = index
        elif at is not None:
            last[index] = at
        if suspect is None:
            yield packet
        else:
            held.append(packet)
    yield from held


class _Clocks:
    """What has to be added to each stream's times, by how its packets follow each other."""

    def __init__(self, container: InputContainer, stamps: _Stamps) -> None:
        restarts = bool(set(container.format.name.split(",")) & _RESTARTING)
        self._stamps = stamps
        self._pause = _PAUSE_S * stamps.per_s
        self._longest_pause = self._pause if restarts else _LONGEST_PAUSE_S * stamps.per_s
        self._back = stamps.ticks(_BACK_S if restarts else _LONGEST_BACK_S)
        self._shifts: list[_Ticks] = [0]
        self._own: dict[int, _Ticks] = {}
        self._next: dict[int, _Ticks] = {}
        # Times before the beginning, which some files have and MP4 would hide: all is moved by the same.
        self._at_first = stamps.ticks(before_zero_s(container))

    def mend(self, packet: AnyPacket) -> None:
        """Give a packet the times that it should have."""
        shift = self._shift(packet) + self._at_first
        if shift:
            ticks = round(Fraction(shift, self._stamps.track(packet).unit))
            packet.pts = None if packet.pts is None else packet.pts + ticks
            packet.dts = None if packet.dts is None else packet.dts + ticks

    def _shift(self, packet: AnyPacket) -> _Ticks:
        at, index = self._stamps.at(packet), packet.stream_index
        shift = self._own.get(index, self._shifts[-1])
        if at is None:
            return shift
        expected = self._next.get(index)
        if expected is not None:
            shift = self._fitting(at, expected, shift)
        self._own[index] = shift
        self._next[index] = at + shift + (packet.duration or 0) * self._stamps.track(packet).unit
        return shift

    def _fitting(self, at: _Ticks, expected: _Ticks, own: _Ticks) -> _Ticks:
        """The stream's own shift, else one that another stream has, so that they stay together, else a new one."""
        for shift in (own, *reversed(self._shifts)):
            if -self._back <= at + shift - expected <= self._pause:
                return shift
        if -self._back <= at + own - expected <= self._longest_pause:
            return own
        # A broken clock would have a new one for every packet.
        self._shifts = [*self._shifts[-7:], expected - at]
        return expected - at
