"""`upscale video --preview-at`: one moment of each clip before and after, as pictures."""

import re
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

from upscale.batch.jobs import Job
from upscale.batch.medium import Medium
from upscale.batch.naming import Naming, names_file
from upscale.batch.outcome import Outcome
from upscale.cli.video_batch import Clips, failure
from upscale.cli.video_report import VideoReport
from upscale.errors import UpscaleError, UsageError
from upscale.units import duration

if TYPE_CHECKING:
    from upscale.video.preview import Crop

_DEFAULT_PX = 512
_CROP = re.compile(r"(\d+)(?:x(\d+))?(?:\+(\d+)\+(\d+))?")
_NUMBER = re.compile(r"%(0[1-9])?d")
_SUFFIX = "_preview_after"


def parse_crop(word: str | None) -> "Crop":
    """512, 512x256 (width first), 512+100+50 (from left and top). UsageError for other words."""
    from upscale.video.preview import Crop

    if word is None:
        return Crop(_DEFAULT_PX, _DEFAULT_PX)
    found = _CROP.fullmatch(word)
    if found is None or 0 in (width := int(found[1]), height := int(found[2] or found[1])):
        raise UsageError(f"--crop {word}: expected 512, 512x256, or 512+100+50 with its distance from left and top")
    left, top = (None if part is None else int(part) for part in found.group(3, 4))
    return Crop(height, width, top, left)


def preview_naming(medium: Medium, out: str | None) -> Naming:
    """Where the pictures go: clip_preview_after.png, and the other beside it. UsageError where OUT is a file."""
    if names_file(out, medium):
        raise UsageError(f"--preview-at writes two pictures for each clip: name a folder in place of {out}")
    return Naming(medium, "", "png", _SUFFIX)


def _of_one_picture(job: Job) -> Job:
    """Of frames/%05d.png it is frames_preview_after.png."""
    return replace(job, target=job.target.with_name(_NUMBER.sub(job.source.absolute().parent.name, job.target.name)))


def previewing(clips: Clips, at_s: Fraction, crop: "Crop", report: VideoReport) -> Callable[[list[Job]], None]:
    """What writes the pictures of each clip."""
    upscaler = cache(lambda: clips.engine.upscalers()[0])

    def preview(jobs: list[Job]) -> None:
        from upscale.video.preview import write_preview

        upscaler()  # what it lacks is no clip's failure
        for job in map(_of_one_picture, jobs):
            started_s = time.perf_counter()
            try:
                before, after = write_preview(clips.job(job), at_s, crop, upscaler(), clips.engine.plan)
            except UpscaleError as error:
                report.add(failure(job, error, is_only=len(jobs) == 1))
            else:
                seconds = time.perf_counter() - started_s
                report.tell(f"{before} and {after} in {duration(seconds)}")
                report.add(Outcome(replace(job, target=after), "done", seconds))
            if clips.fail_fast and report.exit_code:
                return

    return preview
