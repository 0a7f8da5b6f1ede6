"""One run over many files: plan, work, tell; once, or again and again for folders that are watched."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from upscale.batch.existing import Exists, settle
from upscale.batch.jobs import Job, Plan, plan_jobs
from upscale.batch.lists import STREAM
from upscale.batch.medium import Medium
from upscale.batch.naming import Naming
from upscale.batch.outcome import Outcome
from upscale.batch.sources import kind_of
from upscale.batch.watch import PAUSE_S, Watch
from upscale.errors import UsageError


@dataclass(frozen=True)
class Wanted:
    """Which files, what their results are called, and what happens to those that are there already.

    `format_fixed`: the user chose the results' format, so that none can have gone elsewhere.
    """

    words: list[str]
    out: str | None
    naming: Naming
    recursive: bool = False
    exists: Exists = "skip"
    format_fixed: bool = False

    def plan(self) -> Plan:
        """The jobs as they are on the disk now; UsageError for sources that are wrong."""
        return plan_jobs(self.words, self.out, self.naming, recursive=self.recursive)

    def settled(self, jobs: list[Job]) -> list[Job | Outcome]:
        """Each job, or its outcome where nothing is to be done."""
        medium = self.naming.medium
        return settle(jobs, self.exists, None if self.format_fixed else medium.fallback, medium.witness)


class Teller(Protocol):
    """Who is told what becomes of the files."""

    @property
    def exit_code(self) -> int:
        """1 if any file failed."""

    def note(self, line: str) -> None:
        """What the user should know although nothing failed."""

    def add(self, outcome: Outcome) -> None:
        """What became of a file without any work."""


@dataclass(frozen=True)
class Work:
    """What is done for the files that need it, and when it ends."""

    enlarge: Callable[[list[Job]], None]
    watch: bool = False
    fail_fast: bool = False


def planned(wanted: Wanted) -> tuple[Plan, list[Job | Outcome]]:
    """The plan, and each job of it or its outcome where nothing is to be done; UsageError where there is no source."""
    plan = wanted.plan()
    if not plan.jobs:
        hint = "" if wanted.recursive else "; -r looks into subfolders"
        raise UsageError(f"no {wanted.naming.medium.name}s in {', '.join(wanted.words)}{hint}")
    return plan, wanted.settled(plan.jobs)


def run(wanted: Wanted, work: Work, teller: Teller) -> None:
    """Enlarge what there is, or with `watch` also what comes."""
    if work.watch:
        _keep_watching(wanted, work, teller)
        return
    plan, settled = planned(wanted)
    waiting = _told(plan.warnings, settled, teller)
    if waiting and not _is_over(work, teller):
        work.enlarge(waiting)


def refuse_to_watch(words: list[str], medium: Medium, template: str | None) -> None:
    """UsageError for sources into which nothing can come, and for names that cannot be given to what comes."""
    for word in words:
        if word == STREAM or kind_of(word, medium) != "folder":
            raise UsageError(f"--watch needs folders, and {word} is none")
    if template and "{index" in template:
        raise UsageError(f"--watch cannot number what comes: take {{index}} out of --name {template}")


def _keep_watching(wanted: Wanted, work: Work, teller: Teller) -> None:
    """Enlarge what is there and what comes, until Ctrl-C, or a failure with `fail_fast`."""
    watch = Watch(wanted.plan)
    teller.note(f"watching {', '.join(wanted.words)}; Ctrl-C ends it")
    while not _is_over(work, teller):
        started_s = time.monotonic()
        arrived = watch.look()
        waiting = _told(arrived.warnings, wanted.settled(arrived.jobs), teller)
        if waiting:
            work.enlarge(waiting)
        # A look at a large folder must not become all that is done.
        time.sleep(max(PAUSE_S, 3 * (time.monotonic() - started_s) if not waiting else 0))


def _is_over(work: Work, teller: Teller) -> bool:
    return work.fail_fast and bool(teller.exit_code)


def _told(warnings: list[str], settled: list[Job | Outcome], teller: Teller) -> list[Job]:
    """What is to be done, after the teller was told of the rest."""
    for warning in warnings:
        teller.note(warning)
    for item in settled:
        if isinstance(item, Outcome):
            teller.add(item)
    return [item for item in settled if not isinstance(item, Outcome)]
