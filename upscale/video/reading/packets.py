"""The packets of a file, past what cannot be read, their clocks running on where the file's own begin anew."""

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction

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
    clocks = _Clocks(container)
    for packet in _without_outliers(_readable(container, on_failure)):
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


def _without_outliers(packets: Iterable[AnyPacket]) -> Iterator[AnyPacket]:
    """The packets, without the time of one that is far ahead, while its stream's next one is where it was."""
    last_s: dict[int, Fraction] = {}
    held: list[AnyPacket] = []
    suspect: int | None = None
    for packet in packets:
        # Of texts and data a pause is the rule, and all other packets would be held over it.
        at = _stamp_s(packet) if packet.stream.type in ("video", "audio") else None
        index = packet.stream.index
        if suspect is not None and (index == suspect or len(held) >= _MOST_HELD):
            if at is not None and index == suspect and abs(at - last_s[index]) < _PAUSE_S:
                held[0].pts = held[0].dts = None
            elif (jumped := _stamp_s(held[0])) is not None:
                last_s[suspect] = jumped
            yield from held
            held, suspect = [], None
        if suspect is None and at is not None and at - last_s.get(index, at) > _PAUSE_S:
            suspect = index
        elif at is not None:
            last_s[index] = at
        if suspect is None:
            yield packet
        else:
            held.append(packet)
    yield from held


def _stamp_s(packet: AnyPacket) -> Fraction | None:
    stamp = packet.pts if packet.dts is None else packet.dts
    return None if stamp is None else stamp * packet.time_base


class _Clocks:
    """What has to be added to each stream's times, by how its packets follow each other."""

    def __init__(self, container: InputContainer) -> None:
        restarts = bool(set(container.format.name.split(",")) & _RESTARTING)
        self._pause_s = _PAUSE_S if restarts else _LONGEST_PAUSE_S
        self._back_s = _BACK_S if restarts else _LONGEST_BACK_S
        self._shifts = [Fraction(0)]
        self._own: dict[int, Fraction] = {}
        self._next_s: dict[int, Fraction] = {}
        # Times before the beginning, which some files have and MP4 would hide: all is moved by the same.
        self._at_first = before_zero_s(container)

    def mend(self, packet: AnyPacket) -> None:
        """Give a packet the times that it should have."""
        shift = self._shift(packet) + self._at_first
        if shift:
            ticks = round(shift / packet.time_base)
            packet.pts = None if packet.pts is None else packet.pts + ticks
            packet.dts = None if packet.dts is None else packet.dts + ticks

    def _shift(self, packet: AnyPacket) -> Fraction:
        at, index = _stamp_s(packet), packet.stream.index
        shift = self._own.get(index, self._shifts[-1])
        if at is None or packet.stream.type not in ("video", "audio"):
            return shift
        expected = self._next_s.get(index)
        if expected is not None:
            shift = self._fitting(at, expected, shift)
        self._own[index] = shift
        self._next_s[index] = at + shift + (packet.duration or 0) * packet.time_base
        return shift

    def _fitting(self, at: Fraction, expected: Fraction, own: Fraction) -> Fraction:
        """The stream's own shift, else one that another stream has, so that they stay together, else a new one."""
        for shift in (own, *reversed(self._shifts)):
            if -self._back_s <= at + shift - expected <= _PAUSE_S:
                return shift
        if -self._back_s <= at + own - expected <= self._pause_s:
            return own
        # A broken clock would have a new one for every packet.
        self._shifts = [*self._shifts[-7:], expected - at]
        return expected - at
