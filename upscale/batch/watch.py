"""A folder that is kept served: which files have arrived whole since the last look."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from upscale.batch.distinct import Names
from upscale.batch.jobs import Job, Plan

PAUSE_S = 1.0
"""Between two looks: who writes a file without a pause so long has finished it."""

_Stamp = tuple[int, int]
"""A file's size in bytes, and when it was last written to, in ns."""


@dataclass(frozen=True)
class Arrived:
    """What is to be done now, and what the user has not been told yet."""

    jobs: list[Job]
    warnings: list[str]


class Watch:
    """Looks again and again. A file is ready when two looks in a row see it alike, and again when it has changed."""

    def __init__(self, plan: Callable[[], Plan]) -> None:
        self._plan = plan
        self._seen: dict[Path, _Stamp | None] = {}
        self._given: dict[Path, _Stamp] = {}
        self._targets: dict[Path, Path] = {}
        self._names = Names()
        self._told: set[str] = set()

    def look(self) -> Arrived:
        """Raises UsageError where the folder itself is gone."""
        plan = self._plan()
        stamps = {job.source: _stamp(job.source) for job in plan.jobs}
        ready = [
            job
            for job in plan.jobs
            if (stamp := stamps[job.source]) is not None
            and self._seen.get(job.source) == stamp != self._given.get(job.source)
        ]
        self._seen = stamps
        self._given.update({job.source: stamp for job in ready if (stamp := stamps[job.source]) is not None})
        warnings = [warning for warning in plan.warnings if warning not in self._told]
        self._told.update(warnings)
        return Arrived([self._with_own_target(job) for job in ready], warnings)

    def _with_own_target(self, job: Job) -> Job:
        """A source keeps the target that it once got, and leaves others theirs."""
        if job.source not in self._targets:
            free = self._names.take(job.target)
            self._targets[job.source] = job.target if free else self._names.numbered(job.target)
        return replace(job, target=self._targets[job.source])


def _stamp(path: Path) -> _Stamp | None:
    """None for what is not there any more, or still empty."""
    try:
        state = path.stat()
    except OSError:
        return None
    return (state.st_size, state.st_mtime_ns) if state.st_size else None
