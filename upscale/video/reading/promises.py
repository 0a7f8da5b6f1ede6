"""What a file's index and header promise: a file that was cut off ends like any other, and only they tell."""

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer

from upscale.images.gif_frames import is_cut_short
from upscale.video.reading.container import AnyPacket
from upscale.video.reading.damage import Damage
from upscale.video.reading.structure import read_structure


@dataclass
class Seen:
    """What came of a file: packets of its video, and when the last packet of any stream ended."""

    video_packets: int = 0
    video_at: int | None = None
    # Of each stream in its own ticks, in which comparing is quick.
    _ends: dict[int, int] = field(default_factory=dict)
    _ticks_s: dict[int, Fraction] = field(default_factory=dict)

    @property
    def end_s(self) -> Fraction:
        """In seconds."""
        return max((end * self._ticks_s[index] for index, end in self._ends.items()), default=Fraction(0))

    def count(self, packet: AnyPacket, *, is_video: bool) -> None:
        """One more packet."""
        self.video_packets += is_video
        if is_video and self.video_at is None:
            self.video_at = packet.pos
        at = packet.pts if packet.pts is not None else packet.dts
        index = packet.stream_index
        if index not in self._ends:
            self._ends[index], self._ticks_s[index] = 0, packet.time_base
        if at is not None:
            self._ends[index] = max(self._ends[index], at + (packet.duration or 0))


def unkept(container: InputContainer, stream: av.VideoStream, seen: Seen, source: Path, damage: Damage) -> None:
    """Compare what came of a whole file with what it promises, and note in `damage` what is missing."""
    damage.cut_off = _cut_off(container, stream, seen, source)
    structure = read_structure(source, set(container.format.name.split(",")), seen.video_at)
    damage.is_broken = structure.is_broken
    damage.passed_over = 0 if structure.blocks is None else structure.blocks - seen.video_packets


def _cut_off(container: InputContainer, stream: av.VideoStream, seen: Seen, source: Path) -> str | None:
    """How much is missing at a file's end, None where nothing is known to be."""
    names = set(container.format.name.split(","))
    promised = len(stream.index_entries)
    if names & {"mp4", "avi"} and seen.video_packets < promised:
        return f"it is cut off: {seen.video_packets} of {promised} packets of its video are there"
    if "avi" in names and _riff_bytes(source) > source.stat().st_size:
        return f"it is cut off after {float(seen.end_s):.2f} s"
    length_s = Fraction(container.duration or 0, av.time_base) + Fraction(container.start_time or 0, av.time_base)
    if "gif" in names and is_cut_short(source.read_bytes()):
        return f"it is cut off after {float(seen.end_s):.2f} s"
    # Durations in headers are rounded, and the last packets may lack theirs; a second is neither.
    if names & {"matroska", "flv"} and seen.end_s + 1 < length_s:
        return f"it is cut off: it ends after {float(seen.end_s):.2f} of {float(length_s):.2f} s"
    return None


def _riff_bytes(source: Path) -> int:
    """How long an AVI file says its first part is, header included; later parts follow it."""
    with source.open("rb") as file:
        head = file.read(8)
    return int.from_bytes(head[4:8], "little") + 8 if head.startswith(b"RIFF") else 0
