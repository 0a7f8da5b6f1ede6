"""What a broken file has lost, in one sentence."""

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av

from upscale.video.reading.container import reason

# What two frames are apart anyway.
_NO_PAUSE_S = Fraction(1, 5)


@dataclass
class Loss:
    """Packets of one kind of trouble: how many, and when, in seconds, the first and the last were due."""

    packets: int = 0
    first_s: Fraction | None = None
    last_s: Fraction | None = None

    def count(self, at_s: Fraction | None) -> None:
        """One more."""
        self.packets += 1
        self.first_s = at_s if self.first_s is None else self.first_s
        self.last_s = self.last_s if at_s is None else at_s

    @property
    def where(self) -> str:
        """When, in words."""
        if self.first_s is None or self.last_s is None:
            return "at an unknown time"
        first, last = f"{float(self.first_s):.2f}", f"{float(self.last_s):.2f}"
        return f"at {first} s" if first == last else f"between {first} and {last} s"


@dataclass
class Damage:
    """All that went wrong while a file was read, and only what lost something of its pictures."""

    undecoded: Loss = field(default_factory=Loss)
    incomplete: Loss = field(default_factory=Loss)
    corrupt_frames: int = 0
    cut_off: str | None = None
    is_broken: bool = False
    passed_over: int = 0
    pause_s: tuple[Fraction, Fraction] = (Fraction(0), Fraction(0))
    unread: str | None = None
    why: str | None = None
    _last_s: Fraction | None = None

    def failed(self, error: av.FFmpegError, at_s: Fraction | None) -> None:
        """A packet does not decode."""
        self.undecoded.count(at_s)
        self.why = self.why or reason(error)

    def shown(self, at_s: Fraction) -> None:
        """A frame is shown at that time."""
        if self._last_s is not None and at_s - self._last_s > self.pause_s[1] - self.pause_s[0]:
            self.pause_s = self._last_s, at_s
        self._last_s = at_s

    @property
    def _longest_pause(self) -> str:
        """Where frames are most likely missing."""
        begin_s, end_s = self.pause_s
        if end_s - begin_s < _NO_PAUSE_S:
            return ""
        return f" (no frame between {float(begin_s):.2f} and {float(end_s):.2f} s)"

    def sentence(self, source: Path) -> str | None:
        """What, where, how much; None for a whole file."""
        parts = []
        if self.undecoded.packets:
            parts.append(f"{_packets(self.undecoded.packets)} cannot be decoded ({self.undecoded.where}: {self.why})")
        # Files that were put together have one where they meet, and lack nothing.
        if self.incomplete.packets and (self.corrupt_frames or parts):
            parts.append(f"{_packets(self.incomplete.packets)} came incomplete ({self.incomplete.where})")
        if self.is_broken or self.passed_over > 0:
            what = _packets(self.passed_over) if self.passed_over > 0 else "a piece of it"
            parts.append(f"{what} could not be read and was passed over{self._longest_pause}")
        if self.cut_off:
            parts.append(self.cut_off)
        elif self.unread:
            parts.append(f"it could not be read on {self.unread}")
        return f"{source} is damaged: {'; '.join(parts)}" if parts else None


def _packets(count: int) -> str:
    return f"{count} packet{'s' * (count > 1)} of its video"
