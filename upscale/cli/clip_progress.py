"""How far one clip is: its bar, and the same for programs."""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from upscale.batch.jobs import Job
from upscale.cli.progress import Progress
from upscale.units import duration, size

if TYPE_CHECKING:
    from upscale.flow.meter import Meter

# Between two progress events, and between two looks at how much is encoded.
_PAUSE_S = 1.0
# Of 80 columns the rest is for the bar and its figures.
_TITLE_WIDTH = 12


class ClipProgress:
    """Frames of one clip: done, and still to come. `title` stands before its bar."""

    def __init__(self, job: Job, title: str) -> None:
        self.job = job
        self._title = title
        self._bar: Progress | None = None
        self._meter: Meter | None = None
        self._total: int | None = None
        self._frames = self._resumed = self._bytes = 0
        self._started_s = self._told_s = time.perf_counter()

    def begin(self, total: int | None, meter: "Meter", *, quiet: bool) -> None:
        """The first frame is next, of so many as far as is known."""
        self._total, self._meter = total, meter
        self._started_s = self._told_s = time.perf_counter()
        self._bar = Progress(total, "frame", self._words, quiet=quiet, title=self._title)

    def resume(self, frames: int) -> None:
        """So many frames are there already."""
        self._frames = self._resumed = frames
        if self._bar is not None and frames:
            self._bar.step(frames)

    def step(self) -> bool:
        """One more frame is finished; whether that is worth an event."""
        self._frames += 1
        if self._bar is None:
            return False
        now_s = time.perf_counter()
        is_due = now_s - self._told_s >= _PAUSE_S
        if is_due:
            self._told_s, self._bytes = now_s, _encoded_bytes(self.job.target)
        self._bar.step()
        self._bar.look()
        return is_due

    def facts(self) -> dict[str, object]:
        """For programs."""
        left_s = self._left_s()
        return {
            "frames": self._frames,
            "frames_estimated": self._total,
            "fps": round(self._fps(), 3),
            "seconds_left": None if left_s is None else round(left_s, 1),
            "size_bytes": self._bytes,
            "bottleneck": self._meter and self._meter.bottleneck_now(),
        }

    def close(self) -> None:
        """Leave the bar as it stands."""
        if self._bar is not None:
            self._bar.close()

    def _words(self, seconds: float) -> str:
        """What stands beside the bar."""
        left_s = self._left_s()
        parts = [f"{self._fps():.3g} fps"]
        parts += [f"{duration(left_s)} left"] if left_s else []
        parts += [size(self._bytes)] if self._bytes else []
        slowest = self._meter and self._meter.bottleneck_now()
        # The network is what one expects.
        parts += [f"slow: {slowest}"] if slowest not in (None, "network") else []
        return ", ".join(parts)

    def _fps(self) -> float:
        return (self._frames - self._resumed) / max(1e-6, time.perf_counter() - self._started_s)

    def _left_s(self) -> float | None:
        fps = self._fps()
        return None if self._total is None or not fps else max(0, self._total - self._frames) / fps


def shortened(name: str) -> str:
    """A name that leaves the bar room."""
    return name if len(name) <= _TITLE_WIDTH else f"{name[: _TITLE_WIDTH - 6]}…{name[-5:]}"


def _encoded_bytes(target: Path) -> int:
    """How large what is encoded so far is."""
    from upscale.video.resume.workplace import folder_of

    with suppress(OSError):  # it may be gone at any moment
        return sum(entry.stat().st_size for entry in os.scandir(folder_of(target)))
    return 0
