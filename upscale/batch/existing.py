"""What happens to outputs that are there already; decided before anything is decoded."""

import errno
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from upscale.batch.jobs import Job, numbered
from upscale.batch.outcome import Outcome
from upscale.errors import reason

Exists = Literal["skip", "overwrite", "rename", "error"]


def itself(target: Path) -> Path:
    """A target that is one file."""
    return target


def settle(
    jobs: Iterable[Job],
    exists: Exists,
    fallback: Callable[[Path], Path] | None = None,
    witness: Callable[[Path], Path] = itself,
) -> list[Job | Outcome]:
    """Each job, or its outcome where nothing can or need be done. Order kept.

    `fallback`: where an earlier run has put what the target's format could not hold, which counts too. `witness`: the
    file that shows that a target is there.
    """
    waiting = list(jobs)
    targets = {job.target for job in waiting}
    rule = _Rule(exists, fallback, witness)
    return [_settle(job, rule, targets) for job in waiting]


@dataclass(frozen=True)
class _Rule:
    exists: Exists
    fallback: Callable[[Path], Path] | None
    witness: Callable[[Path], Path]


def _settle(job: Job, rule: _Rule, targets: set[Path]) -> Job | Outcome:
    exists, fallback = rule.exists, rule.fallback
    try:
        there = _is_there(rule.witness(job.target))
        if there and exists == "overwrite" and _is_source(job):
            return Outcome(job, "failed", error=f"the result would replace {job.source}; give another output")
        if not there and fallback and exists in ("skip", "error") and _can_be_there(fallback(job.target)):
            there, job = True, replace(job, target=fallback(job.target))
        return _decided(job, rule, targets) if there and exists != "overwrite" else job
    except OSError as error:
        return Outcome(job, "failed", error=f"cannot write {job.target}: {_refusal(error)}")


def _decided(job: Job, rule: _Rule, targets: set[Path]) -> Job | Outcome:
    if rule.exists == "skip":
        return Outcome(job, "skipped", error=f"{job.target} exists")
    if rule.exists == "error":
        return Outcome(job, "failed", error=f"{job.target} exists already; see --exists")
    free = numbered(job.target, targets, rule.witness)
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
    together = alike and job.source.parent.resolve() == job.target.parent.resolve()
    return together and (job.target == job.source or job.target.samefile(job.source))


def _refusal(error: OSError) -> str:
    long = error.errno == errno.ENAMETOOLONG
    return f"{reason(error)}; --suffix or --name can make it shorter" if long else reason(error)
