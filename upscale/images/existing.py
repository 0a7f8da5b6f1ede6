"""What happens to outputs that are there already; decided before anything is decoded."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from upscale.images.jobs import Job, numbered
from upscale.images.outcome import Outcome

Exists = Literal["skip", "overwrite", "rename", "error"]


def settle(jobs: Iterable[Job], exists: Exists) -> list[Job | Outcome]:
    """Each job, or its outcome where the existing output leaves nothing to do. Order kept."""
    waiting = list(jobs)
    taken = {job.target for job in waiting}
    return [_settle(job, exists, taken) for job in waiting]


def _settle(job: Job, exists: Exists, taken: set[Path]) -> Job | Outcome:
    if exists == "overwrite" or not job.target.exists():
        return job
    if exists == "skip":
        return Outcome(job, "skipped", error=f"{job.target} exists")
    if exists == "error":
        return Outcome(job, "failed", error=f"{job.target} exists already; see --exists")
    free = numbered(job.target, taken)
    taken.add(free)
    return replace(job, target=free)
