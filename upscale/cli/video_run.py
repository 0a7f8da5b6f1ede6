"""One run of `upscale video`: clips enlarged, only planned, or shown at one moment."""

import sys
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from upscale import __version__
from upscale.cli.batch import Wanted, Work, run
from upscale.cli.events import Events
from upscale.cli.logs import messages
from upscale.cli.video_batch import Clips, enlarging
from upscale.cli.video_plan import show_plan
from upscale.cli.video_preview import preview_naming, previewing
from upscale.cli.video_report import VideoReport

if TYPE_CHECKING:
    from upscale.video.preview import Crop


@dataclass(frozen=True)
class Telling:
    """Who is told what: the screen, programs on standard output, a report and a log."""

    quiet: bool
    verbose: bool
    as_json: bool
    report: Path | None
    log: Path | None


@dataclass(frozen=True)
class Way:
    """What is done: everything, or only a plan, or only one moment's `crop`."""

    dry_run: bool
    watch: bool
    preview_at_s: Fraction | None
    crop: "Crop"


def run_clips(wanted: Wanted, clips: Clips, way: Way, telling: Telling) -> int:
    """The run's exit code; raises as the work does."""
    with (
        messages(telling.log, verbose=telling.verbose, quiet=telling.quiet),
        Events("stdout" if telling.as_json else None, telling.report) as events,
    ):
        if way.dry_run:
            return show_plan(wanted, clips, events if telling.as_json else None)
        with VideoReport(events, quiet=telling.quiet, at_once=way.watch) as report:
            events.run({"version": __version__, "words": sys.argv[1:]})
            if way.preview_at_s is None:
                run(wanted, Work(enlarging(clips, report), way.watch, clips.fail_fast), report)
            else:
                naming = preview_naming(wanted.naming.medium, wanted.out)
                pictures = replace(wanted, naming=naming, exists="overwrite", format_fixed=True)
                run(pictures, Work(previewing(clips, way.preview_at_s, way.crop, report), way.watch), report)
        return report.exit_code
