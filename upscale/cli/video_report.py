"""What `upscale video` tells while it runs: the bar, notes, events, and the summary at the end."""

import logging
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from upscale.batch.jobs import Job
from upscale.batch.outcome import Outcome
from upscale.cli.clip_progress import ClipProgress, shortened
from upscale.cli.events import Events
from upscale.cli.tally import Tally
from upscale.errors import EnvironmentLackError, UsageError
from upscale.units import duration, size

if TYPE_CHECKING:
    from upscale.batch.outcome import Status
    from upscale.video.pipeline import Begun, Enlarged

logger = logging.getLogger(__name__)


class VideoReport:
    """Bar, messages and events while clips are enlarged, one after another; the summary when the run ends.

    `at_once`: failures are told as they come, not when the run ends.
    """

    def __init__(self, events: Events, *, quiet: bool, at_once: bool = False) -> None:
        from upscale.flow.meter import Meter

        self.meter = Meter()
        self._events, self._quiet = events, quiet
        self._tally = Tally(at_once=at_once)
        self._clip: ClipProgress | None = None
        self._notes: tuple[str, ...] = ()
        self._telling = threading.Lock()
        self._worked = False

    def __enter__(self) -> "VideoReport":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closed()
        if not isinstance(error, UsageError | EnvironmentLackError):  # of a run that never was
            self._tally.close(self.meter, self._events, interrupted=kind is not None, worked=self._worked)

    @property
    def exit_code(self) -> int:
        """1 if any clip failed."""
        return self._tally.exit_code

    def note(self, line: str) -> None:
        """What the user should know although nothing failed."""
        logger.warning("note: %s", line)

    def tell(self, line: str) -> None:
        """A result in words."""
        logger.warning("%s", line)

    def opened(self, job: Job, number: int, of: int, notes: tuple[str, ...] = ()) -> None:
        """A clip's turn has come, the `number`th of so many; `notes` are told if it can be begun."""
        self._notes = notes
        self._clip = ClipProgress(job, f"{number}/{of} {shortened(job.source.name)} " if of > 1 else "")

    def begun(self, clip: "Begun") -> None:
        """The pipeline's word that the first frame is next."""
        assert self._clip is not None
        notes = (*self._notes, *clip.notes)
        for note in notes:
            self.note(f"{self._clip.job.source}: {note}")
        facts = {
            "frames_estimated": clip.frame_estimate,
            "height_px": clip.height_px,
            "width_px": clip.width_px,
            "codec": clip.codec,
            "notes": list(notes),
        }
        self._events.send({"event": "begun", **_ends(self._clip.job), **facts})
        self._clip.begin(clip.frame_estimate, self.meter, quiet=self._quiet)

    def resumed(self, frames: int) -> None:
        """The pipeline's word that an earlier run has left so many frames; the bar begins there."""
        if self._clip is not None:
            self._clip.resume(frames)

    def enlarged(self, pixels: int) -> None:
        """The pipeline's word that a frame is finished; threads say so."""
        with self._telling:
            self._worked = True
            clip = self._clip  # none any more where a thread was left to itself
            if clip is not None and clip.step():
                self._events.send({"event": "progress", **_ends(clip.job), **clip.facts()})

    def kept(self, note: str) -> None:
        """The pipeline's word on how an unfinished clip goes on."""
        if self._clip is not None:
            self.note(f"{self._clip.job.source}: {note}")

    def closed(self) -> None:
        """A clip's turn is over."""
        with self._telling:
            clip, self._clip = self._clip, None
        if clip is not None:
            clip.close()

    def done(self, job: Job, result: "Enlarged", seconds: float) -> None:
        """A clip is written; it counts as failed where its source is damaged."""
        for note in result.late_notes:
            self.note(f"{job.source}: {note}")
        failure = None
        if result.damage is not None:
            failure = f"{result.damage}; {job.target} holds what could be saved"
        size_bytes = _size(job.target)
        logger.warning("%s", _in_words(job, result, seconds, size_bytes))
        facts = {
            "frames": result.frames,
            "height_px": result.height_px,
            "width_px": result.width_px,
            "size_bytes": size_bytes,
            "seconds": round(seconds, 3),
            "repeats": result.repeats,
            "resumed_frames": result.resumed,
            "notes": [*self._notes, *result.early_notes, *result.late_notes],
            "damage": result.damage,
        }
        self._count(job, "failed" if failure else "done", failure, facts)

    def add(self, outcome: Outcome) -> None:
        """Count a clip that was not enlarged, and tell of it; what a run that was killed at its end left goes."""
        from upscale.video.resume.workplace import remove_finished

        if outcome.status == "skipped":
            remove_finished(outcome.job.target)
            logger.info("skipped: %s -> %s", outcome.job.source, outcome.job.target)
        self._count(outcome.job, outcome.status, outcome.error, {"seconds": round(outcome.seconds, 3)})

    def _count(self, job: Job, status: "Status", error: str | None, facts: Mapping[str, object]) -> None:
        self._tally.add(status, error if status == "failed" else None)
        self._events.send({"event": "video", "status": status, **_ends(job), **facts, "error": error})


def _in_words(job: Job, result: "Enlarged", seconds: float, size_bytes: int | None) -> str:
    made = result.frames - result.resumed
    parts = [f"{made / seconds:.3g} fps"] if made and seconds else []
    parts += [f"{result.repeats} repeated"] if result.repeats else []
    parts += [f"{result.resumed} from an earlier run"] if result.resumed else []
    parts += [size(size_bytes)] if size_bytes is not None else []
    frames = "1 frame" if result.frames == 1 else f"{result.frames} frames"
    what = f"{frames} of {result.width_px}x{result.height_px} in {duration(seconds)}"
    return f"{job.target}: {what} ({', '.join(parts)})"


def _ends(job: Job) -> dict[str, str]:
    return {"source": str(job.source), "target": str(job.target)}


def _size(target: Path) -> int | None:
    """None for numbered pictures."""
    try:
        return target.stat().st_size
    except OSError:
        return None
