"""How many files are done, skipped and failed: counted, told as they come, summed up at the end."""

import logging
import time
from collections import Counter
from typing import TYPE_CHECKING

from upscale.cli.events import Events
from upscale.cli.summary import closing_event, closing_line

if TYPE_CHECKING:
    from upscale.batch.outcome import Status
    from upscale.flow.meter import Meter

# Of thousands of failures nobody reads more on a screen; the report holds them all.
_MOST_LISTED = 20

logger = logging.getLogger(__name__)


class Tally:
    """Counts of one run. `at_once`: failures are told as they come, not when the run ends."""

    def __init__(self, *, at_once: bool = False) -> None:
        self._at_once = at_once
        self._started_s = time.perf_counter()
        self._counts: Counter[str] = Counter()
        self._failures: list[str] = []

    @property
    def exit_code(self) -> int:
        """1 if any file failed."""
        return 1 if self._counts["failed"] else 0

    def add(self, status: "Status", failure: str | None = None) -> None:
        """Count one file. `failure`: why it failed."""
        self._counts[status] += 1
        if failure is None:
            return
        if self._at_once:
            logger.error("failed: %s", failure)
            return
        logger.info("failing: %s", failure)
        if len(self._failures) < _MOST_LISTED:
            self._failures.append(failure)

    def close(self, meter: "Meter", events: Events, *, interrupted: bool, worked: bool) -> None:
        """The failures, the summary and its event. `worked`: something was computed, finished or not."""
        for failure in self._failures:
            logger.error("failed: %s", failure)
        unlisted = self._counts["failed"] - len(self._failures)
        if unlisted and not self._at_once:
            logger.error("failed: ... and %d more, see --report", unlisted)
        counts = {status: self._counts[status] for status in ("done", "skipped", "failed")}
        seconds = time.perf_counter() - self._started_s
        there = " (already there; -y overwrites)" if counts["skipped"] else ""
        words = f"{counts['done']} done, {counts['skipped']} skipped{there}, {counts['failed']} failed"
        logger.warning("%s", closing_line(words, seconds, meter, worked=worked))
        events.send(closing_event(counts, seconds, meter, interrupted=interrupted))
