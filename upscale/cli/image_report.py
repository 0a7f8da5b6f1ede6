"""What `upscale images` tells while it runs: the bar, notes, events, and the summary at the end."""

import logging
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from upscale.cli.events import Events
from upscale.cli.tally import Tally
from upscale.errors import UsageError
from upscale.units import duration

if TYPE_CHECKING:
    from upscale.batch.jobs import Job
    from upscale.batch.outcome import Outcome
    from upscale.cli.progress import Progress
    from upscale.cli.remaining import Remaining

logger = logging.getLogger(__name__)


class Report:
    """Bar, messages and events while the batch runs; the summary when it ends, interrupted or not.

    `shown` changes texts before they are told, such as names of temporary files. `at_once`: failures are told as they
    come, not when the run ends.
    """

    def __init__(
        self, events: Events, *, quiet: bool, shown: Callable[[str], str] = str, at_once: bool = False
    ) -> None:
        from upscale.flow.meter import Meter

        self.meter = Meter()
        self._events, self._quiet, self._shown = events, quiet, shown
        self._tally = Tally(at_once=at_once)
        self._pixels = self._pixels_before = 0
        self._counting = threading.Lock()
        self._progress: Progress | None = None
        self._remaining: Remaining | None = None

    def __enter__(self) -> "Report":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended()
        if not isinstance(error, UsageError):  # of a run that never was
            self._tally.close(self.meter, self._events, interrupted=kind is not None, worked=self._pixels > 0)

    @property
    def exit_code(self) -> int:
        """1 if any file failed."""
        return self._tally.exit_code

    def begun(self, jobs: "Sequence[Job]") -> None:
        """These jobs are next: a bar for them."""
        from upscale.cli.progress import Progress
        from upscale.cli.remaining import Remaining

        self._remaining = Remaining(job.source for job in jobs)
        self._pixels_before = self._pixels
        self._progress = Progress(len(jobs), "picture", self._pace, quiet=self._quiet)

    def ended(self) -> None:
        """The jobs that were begun are finished, or given up."""
        if self._progress is not None:
            self._progress.close()
        self._progress = self._remaining = None

    def pixels(self, count: int) -> None:
        """So many more pixels of results are computed; any thread may say so."""
        progress = self._progress  # which the main thread may take away meanwhile
        with self._counting:
            self._pixels += count
        if progress is not None:
            progress.look()

    def note(self, line: str) -> None:
        """What the user should know although nothing failed."""
        logger.warning("note: %s", self._shown(line))

    def finished(self, outcome: "Outcome") -> None:
        """The outcome of one of the jobs that were begun."""
        if self._progress is not None and self._remaining is not None:
            height, width = outcome.size_px or (0, 0)
            self._remaining.finished(outcome.job.source, height * width or None)
            self._progress.step()
        self.add(outcome)

    def add(self, outcome: "Outcome") -> None:
        """Count one outcome, and tell of it."""
        source, target = str(outcome.job.source), str(outcome.job.target)
        is_failure = outcome.status == "failed"
        self._tally.add(outcome.status, self._shown(outcome.error or source) if is_failure else None)
        if not is_failure:
            took = f" in {duration(outcome.seconds)}" if outcome.seconds else ""
            logger.info("%s", self._shown(f"{outcome.status}: {source} -> {target}{took}"))
            if outcome.note:
                self.note(f"{target}: {outcome.note}")
        self._events.send({"event": "picture", **self._facts(outcome)})

    def _pace(self, seconds: float) -> str:
        """What stands beside the bar."""
        remaining, pixels = self._remaining, self._pixels - self._pixels_before
        left_s = remaining and remaining.seconds(pixels, seconds)
        left = f", {duration(left_s)} left" if left_s else ""
        return f"{pixels / seconds / 1e6:.1f} MP/s{left}"

    def _facts(self, outcome: "Outcome") -> dict[str, Any]:
        height_px, width_px = outcome.size_px or (None, None)
        return {
            "status": outcome.status,
            "source": self._shown(str(outcome.job.source)),
            "target": self._shown(str(outcome.job.target)),
            "height_px": height_px,
            "width_px": width_px,
            "seconds": round(outcome.seconds, 3),
            "error": outcome.error and self._shown(outcome.error),
            "note": outcome.note,
        }
