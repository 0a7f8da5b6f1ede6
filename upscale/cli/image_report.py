"""What `upscale images` tells while it runs: the bar, notes, events, and the summary at the end."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from upscale.cli.events import Events
from upscale.cli.summary import closing_event, closing_line, duration
from upscale.errors import UsageError

if TYPE_CHECKING:
    from upscale.cli.progress import Progress
    from upscale.cli.remaining import Remaining
    from upscale.images.jobs import Job
    from upscale.images.outcome import Outcome

# Of thousands of failures nobody reads more on a screen; the report holds them all.
_MOST_LISTED = 20

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
        self._at_once = at_once
        self._started_s = time.perf_counter()
        self._counts: Counter[str] = Counter()
        self._failures: list[str] = []
        self._progress: Progress | None = None
        self._remaining: Remaining | None = None

    def __enter__(self) -> "Report":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended()
        if isinstance(error, UsageError):  # of a run that never was
            return
        for failure in self._failures:
            logger.error("failed: %s", failure)
        unlisted = self._counts["failed"] - len(self._failures)
        if unlisted and not self._at_once:
            logger.error("failed: ... and %d more, see --report", unlisted)
        counts = {status: self._counts[status] for status in ("done", "skipped", "failed")}
        seconds = time.perf_counter() - self._started_s
        there = " (already there; -y overwrites)" if counts["skipped"] else ""
        words = f"{counts['done']} done, {counts['skipped']} skipped{there}, {counts['failed']} failed"
        logger.warning("%s", closing_line(words, seconds, self.meter))
        self._events.send(closing_event(counts, seconds, self.meter, interrupted=kind is not None))

    @property
    def exit_code(self) -> int:
        """1 if any file failed."""
        return 1 if self._counts["failed"] else 0

    def begun(self, jobs: "Sequence[Job]") -> None:
        """These jobs are next: a bar for them."""
        from upscale.cli.progress import Progress
        from upscale.cli.remaining import Remaining

        self._remaining = Remaining(job.source for job in jobs)
        self._progress = Progress(len(jobs), "picture", quiet=self._quiet, remaining_s=self._remaining.seconds)

    def ended(self) -> None:
        """The jobs that were begun are finished, or given up."""
        if self._progress is not None:
            self._progress.close()
        self._progress = self._remaining = None

    def pixels(self, count: int) -> None:
        """So many more pixels of results are computed; any thread may say so."""
        progress = self._progress  # which the main thread may take away meanwhile
        if progress is not None:
            progress.pixels(count)

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
        self._counts[outcome.status] += 1
        source, target = str(outcome.job.source), str(outcome.job.target)
        if outcome.status == "failed":
            reason = self._shown(outcome.error or source)
            if self._at_once:
                logger.error("failed: %s", reason)
            else:
                logger.info("failing: %s", reason)
            if not self._at_once and len(self._failures) < _MOST_LISTED:
                self._failures.append(reason)
        else:
            took = f" in {duration(outcome.seconds)}" if outcome.seconds else ""
            logger.info("%s", self._shown(f"{outcome.status}: {source} -> {target}{took}"))
            if outcome.note:
                self.note(f"{target}: {outcome.note}")
        self._events.send({"event": "picture", **self._facts(outcome)})

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
