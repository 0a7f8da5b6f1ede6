"""What happens to outputs that are there already; decided before anything is decoded."""

import errno
import stat
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from upscale.errors import reason
from upscale.images.jobs import Job, numbered
from upscale.images.naming import fallback
from upscale.images.outcome import Outcome

Exists = Literal["skip", "overwrite", "rename", "error"]


def settle(jobs: Iterable[Job], exists: Exists, *, falls_back: bool = False) -> list[Job | Outcome]:
    """Each job, or its outcome where nothing can or need be done. Order kept.

    `falls_back`: what the target's format could not hold was written as png in an earlier run, and counts too.
    """
    waiting = list(jobs)
    targets = {job.target for job in waiting}
    return [_settle(job, exists, targets, falls_back) for job in waiting]


def _settle(job: Job, exists: Exists, targets: set[Path], falls_back: bool) -> Job | Outcome:
    try:
        there = _is_there(job.target)
        if there and exists == "overwrite" and _is_source(job):
            return Outcome(job, "failed", error=f"the result would replace {job.source}; give another output")
        if not there and falls_back and exists in ("skip", "error") and _can_be_there(fallback(job.target)):
            there, job = True, replace(job, target=fallback(job.target))
        return _decided(job, exists, targets) if there and exists != "overwrite" else job
    except OSError as error:
        return Outcome(job, "failed", error=f"cannot write {job.target}: {_refusal(error)}")


def _decided(job: Job, exists: Exists, targets: set[Path]) -> Job | Outcome:
    if exists == "skip":
        return Outcome(job, "skipped", error=f"{job.target} exists")
    if exists == "error":
        return Outcome(job, "failed", error=f"{job.target} exists already; see --exists")
    free = numbered(job.target, targets)
    targets.add(free)
    return replace(job, target=free)


def _is_there(target: Path) -> bool:
    """Raises OSError for a name that cannot be, such as one that is too long, and for a folder."""
    try:
        mode = target.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    if stat.S_ISDIR(mode):
        raise IsADirectoryError("a folder has this name")
    return True


def _can_be_there(target: Path) -> bool:
    """A name that is too long, as its fallback's ending may make it, was never written."""
    try:
        return _is_there(target)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return False
        raise


def _is_source(job: Job) -> bool:
    """On a file system that ignores case photo.png is PHOTO.PNG; two links to one file are two files to us."""
    alike = job.source.name.casefold() == job.target.name.casefold()
    return alike and job.source.parent.resolve() == job.target.parent.resolve() and job.target.samefile(job.source)


def _refusal(error: OSError) -> str:
    long = error.errno == errno.ENAMETOOLONG
    return f"{reason(error)}; --suffix or --name can make it shorter" if long else reason(error)
