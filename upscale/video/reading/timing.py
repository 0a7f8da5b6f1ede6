"""Times of frames: strictly rising, and made up only where the file has none."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
from av.container import InputContainer

# Matroska and FLV headers tell their clock (1000, 600) where the rate is unknown; no camera is this quick.
_QUICKEST_FPS = 240
_FALLBACK = Fraction(25)
# A step back by less is a coarse clock's rounding, or two frames out of order.
_BREAK_S = 1


@dataclass(frozen=True)
class Span:
    """The part of a clip that is wanted, in seconds of its own time; what comes out of it begins at 0.

    Its own time begins at `origin_s`, as players show it. Without either end the clip's own times stay as they are.
    """

    start_s: Fraction | None = None
    end_s: Fraction | None = None

    def __bool__(self) -> bool:
        return self.start_s is not None or self.end_s is not None


@dataclass(frozen=True)
class Window:
    """A span in the file's own ticks of time: what begins in `start_s` <= t < `end_s` is shown at t - `shift_s`."""

    start_s: Fraction | None
    end_s: Fraction | None
    shift_s: Fraction


def window(span: Span, container: InputContainer) -> Window:
    """Where a span lies in a file whose times begin anywhere; the same for all its streams."""
    origin = origin_s(container) if span else Fraction(0)
    start = None if span.start_s is None else origin + span.start_s
    end = None if span.end_s is None else origin + span.end_s
    return Window(start, end, start if start is not None else origin)


def origin_s(container: InputContainer) -> Fraction:
    """When a file begins, which FFmpeg rounds to microseconds: exactly, as the stream that begins it has it."""
    stated = Fraction(container.start_time or 0, av.time_base)
    starts = (stream.start_time * stream.time_base for stream in container.streams
              if stream.start_time is not None and stream.time_base is not None)  # fmt: skip
    exact = next((start for start in starts if abs(start - stated) <= Fraction(1, av.time_base)), stated)
    return exact + before_zero_s(container)


def before_zero_s(container: InputContainer) -> Fraction:
    """How long before 0 a file's video begins; all its streams are read so much later, for MP4 would hide it."""
    starts = [(stream.start_time or 0) * (stream.time_base or Fraction(1)) for stream in container.streams.video]
    return max(Fraction(0), -min(starts, default=Fraction(0)))


@dataclass
class BestEffort:
    """A frame's time from its two stamps: when it is to be shown (pts), and when it left the decoder (dts).

    As FFmpeg's libavcodec/decode.c (guess_correct_pts) has it: the kind counts that went back less often. AVI knows
    no pts, and what libavformat makes up for them there goes back and forth with H.264's B-frames.
    """

    only_dts: bool = False
    _faulty_pts: int = 0
    _faulty_dts: int = 0
    _last_pts: int | None = None
    _last_dts: int | None = None

    def time(self, pts: int | None, dts: int | None) -> int | None:
        """In ticks; None where there is no stamp."""
        if self.only_dts:
            return dts
        # Unlike FFmpeg's <=: two frames within one of Matroska's milliseconds are no fault.
        if dts is not None:
            self._faulty_dts += self._last_dts is not None and dts <= self._last_dts
        if pts is not None:
            self._faulty_pts += self._last_pts is not None and pts < self._last_pts
        self._last_dts = pts if dts is None else dts
        self._last_pts = dts if pts is None else pts
        if pts is not None and (self._faulty_pts <= self._faulty_dts or dts is None):
            return pts
        return dts


@dataclass
class Clock:
    """Gives each frame its time, in ticks of `time_base`; counts the times it had to make up.

    Frames without time or duration are 1 / `rate` apart; `regular`: so are all, whatever durations they claim.
    """

    time_base: Fraction
    rate: Fraction
    regular: bool = False
    missing: int = 0
    repeated: int = 0
    breaks: int = 0
    _shift: int = 0
    _next: Fraction = Fraction(0)
    _last: int | None = None

    def place(self, pts: int | None, duration: int) -> tuple[int, int]:
        """(pts, duration) of the next frame.

        Encoders and muxers take only rising times. Raw streams have none at all: such a frame follows the one
        before. Coarse clocks repeat them: such a frame comes one tick later. Where they jump back for good, as in
        files that were put together, all that comes after is moved behind what came before.
        """
        placed = self._following() if pts is None else self._stamped(pts + self._shift)
        ticks = 1 / self.rate / self.time_base
        step = Fraction(duration) if duration > 0 and not self.regular else ticks
        # Fractions of ticks are carried on, so that 24000/1001 frames a second stay so many.
        self._next = (self._next if pts is None else placed) + step
        self._last = placed
        return placed, max(1, round(self._next) - placed)

    def notes(self) -> list[str]:
        """What was made up, in words."""
        notes = []
        if self.missing:
            notes.append(f"frames without a time, each of which follows the one before: {self.missing}")
        if self.repeated:
            notes.append(f"frames with the time of the one before, moved behind it by a tick: {self.repeated}")
        if self.breaks:
            notes.append(f"jumps back of its clock, whose frames were moved behind those before: {self.breaks}")
        return notes

    def _following(self) -> int:
        self.missing += 1
        placed = round(self._next)
        return placed if self._last is None else max(placed, self._last + 1)

    def _stamped(self, placed: int) -> int:
        if self._last is None or placed > self._last:
            return placed
        if (self._last - placed) * self.time_base <= _BREAK_S:
            self.repeated += 1
            return self._last + 1
        self.breaks += 1
        self._shift += max(round(self._next), self._last + 1) - placed
        return max(round(self._next), self._last + 1)


def plausible_rate(stated: Fraction | None, first: Sequence[av.VideoFrame], time_base: Fraction) -> Fraction:
    """Frames per second: what the header states where it can be true, else the first two frames' distance.

    Encoders only plan their bits and their level by it; the times themselves come from the frames.
    """
    if stated and 1 <= stated <= _QUICKEST_FPS:
        return stated
    times = [frame.pts for frame in first if frame.pts is not None]
    if len(times) == 2 and times[1] > times[0]:
        return min(Fraction(_QUICKEST_FPS), 1 / ((times[1] - times[0]) * time_base))
    return _FALLBACK


def estimated_frames(container: InputContainer, stream: av.VideoStream, rate: Fraction, window: Window) -> int | None:
    """About how many frames there are, for progress bars: counted in the header, or by duration; None if unknown."""
    length_s = Fraction(container.duration, av.time_base) if container.duration else None
    stated = stream.metadata.get("NUMBER_OF_FRAMES", "")
    frames = stream.frames or (int(stated) if stated.isascii() and stated.isdigit() else 0)
    frames = frames or (round(length_s * rate) if length_s else 0)
    if not frames or window.start_s is window.end_s is None:
        return frames or None
    whole_s = length_s or frames / rate
    start_s = Fraction(0) if window.start_s is None else window.start_s - origin_s(container)
    end_s = whole_s if window.end_s is None else min(whole_s, window.end_s - origin_s(container))
    return max(0, round(frames * (end_s - start_s) / whole_s)) or None
