"""One run of `upscale images`: plan, enlarge, tell; once, or again and again for a folder that is watched."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from upscale.cli.image_report import Report
from upscale.errors import UsageError

if TYPE_CHECKING:
    from upscale.engine.scaling import ScalePlan
    from upscale.engine.upscaler import UpscaleOptions
    from upscale.images.enlarging import Enlarger
    from upscale.images.jobs import Job, Plan
    from upscale.images.naming import Naming
    from upscale.images.outcome import Outcome
    from upscale.images.pipeline import BatchOptions


@dataclass(frozen=True)
class Wanted:
    """Which files, and what their results are called."""

    words: list[str]
    out: str | None
    naming: "Naming"
    recursive: bool = False

    def plan(self) -> "Plan":
        """The jobs as they are on the disk now; UsageError for sources that are wrong."""
        from upscale.images.jobs import plan_jobs

        return plan_jobs(self.words, self.out, self.naming, recursive=self.recursive)


@dataclass(frozen=True)
class Engine:
    """What the network's stage is built from."""

    plan: "ScalePlan"
    options: "UpscaleOptions"
    alpha: Literal["model", "resize", "drop"]

    def enlarger(self, on_pixels: Callable[[int], None]) -> "Enlarger":
        """Loads the network onto its device; `on_pixels` is told of finished pixels."""
        from upscale.engine.upscaler import Upscaler
        from upscale.images.enlarging import Enlarger

        return Enlarger(Upscaler(self.plan.network, self.options), self.plan, self.alpha, on_pixels)


def planned(wanted: Wanted, options: "BatchOptions") -> "tuple[Plan, list[Job | Outcome]]":
    """The plan, and each job of it or its outcome where nothing is to be done; UsageError where there is no picture."""
    from upscale.images.existing import settle

    plan = wanted.plan()
    if not plan.jobs:
        hint = "" if wanted.recursive else "; -r looks into subfolders"
        raise UsageError(f"no pictures in {', '.join(wanted.words)}{hint}")
    return plan, settle(plan.jobs, options.exists, falls_back=not options.format_fixed)


def run(wanted: Wanted, engine: Engine, options: "BatchOptions", report: Report, *, watch: bool) -> None:
    """Enlarge what there is, or with `watch` also what comes."""
    if watch:
        _keep_watching(wanted, engine, options, report)
    else:
        _run_once(wanted, engine, options, report)


def _run_once(wanted: Wanted, engine: Engine, options: "BatchOptions", report: Report) -> None:
    """Enlarge all there is to be enlarged; without any no network is loaded."""
    plan, settled = planned(wanted, options)
    waiting = _told(plan.warnings, settled, report)
    stopped = options.fail_fast and report.exit_code
    if waiting and not stopped:
        _enlarge(waiting, engine.enlarger(report.pixels), options, report)


def refuse_to_watch(words: list[str], template: str | None) -> None:
    """UsageError for sources into which nothing can come, and for names that cannot be given to what comes."""
    from upscale.images.lists import STREAM
    from upscale.images.sources import kind_of

    for word in words:
        if word == STREAM or kind_of(word) != "folder":
            raise UsageError(f"--watch needs folders, and {word} is none")
    if template and "{index" in template:
        raise UsageError(f"--watch cannot number what comes: take {{index}} out of --name {template}")


def _keep_watching(wanted: Wanted, engine: Engine, options: "BatchOptions", report: Report) -> None:
    """Enlarge what is there and what comes, until Ctrl-C, or a failure with `fail_fast`."""
    from upscale.images.existing import settle
    from upscale.images.watch import PAUSE_S, Watch

    watch, enlarger = Watch(wanted.plan), None
    report.note(f"watching {', '.join(wanted.words)}; Ctrl-C ends it")
    while not (options.fail_fast and report.exit_code):
        started_s = time.monotonic()
        arrived = watch.look()
        settled = settle(arrived.jobs, options.exists, falls_back=not options.format_fixed)
        waiting = _told(arrived.warnings, settled, report)
        if waiting:
            enlarger = enlarger or engine.enlarger(report.pixels)
            _enlarge(waiting, enlarger, options, report)
        # A look at a large folder must not become all that is done.
        time.sleep(max(PAUSE_S, 3 * (time.monotonic() - started_s) if not waiting else 0))


def _told(warnings: list[str], settled: "list[Job | Outcome]", report: Report) -> "list[Job]":
    """What is to be done, after the report was told of the rest."""
    from upscale.images.outcome import Outcome

    for warning in warnings:
        report.note(warning)
    for item in settled:
        if isinstance(item, Outcome):
            report.add(item)
    return [item for item in settled if not isinstance(item, Outcome)]


def _enlarge(jobs: "list[Job]", enlarger: "Enlarger", options: "BatchOptions", report: Report) -> None:
    """Outcomes are told as they come."""
    from upscale.images.pipeline import enlarge_files

    report.begun(jobs)
    with closing(enlarge_files(jobs, enlarger, options, report.meter)) as outcomes:
        for outcome in outcomes:
            report.finished(outcome)
    report.ended()
