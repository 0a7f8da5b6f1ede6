"""The work of `upscale video`: the network on its devices, and clips through it, one after another."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from upscale.batch.jobs import Job
from upscale.batch.outcome import Outcome
from upscale.batch.unforeseen import MALFORMED, told
from upscale.cli.video_report import VideoReport
from upscale.errors import EnvironmentLackError, UpscaleError, UsageError

if TYPE_CHECKING:
    from upscale.engine.scaling import ScalePlan
    from upscale.engine.upscaler import UpscaleOptions, Upscaler
    from upscale.video.pipeline import VideoJob


@dataclass(frozen=True)
class Engine:
    """What the network's stage is built from, on one device or several."""

    plan: "ScalePlan"
    options: "UpscaleOptions"
    devices: tuple[str, ...]

    def upscalers(self) -> "list[Upscaler]":
        """Loads the network onto each device."""
        from upscale.engine.upscaler import Upscaler

        return [Upscaler(self.plan.network, replace(self.options, device=device)) for device in self.devices]


@dataclass(frozen=True)
class Clips:
    """How clips are enlarged: as `pattern` says, but for its source and target.

    `container_fixed`: the user chose where they go, so that nobody need be told why it is another container.
    """

    engine: Engine
    pattern: "VideoJob"
    container_fixed: bool
    fail_fast: bool

    def job(self, job: Job) -> "VideoJob":
        """One clip of them."""
        return replace(self.pattern, source=job.source, target=job.target)

    def check(self) -> None:
        """EnvironmentLackError for an encoder that no clip could be written with."""
        from upscale.video.encoding.codecs import encoder_name, find_encoder
        from upscale.video.encoding.hardware import hardware

        name = encoder_name(self.pattern.encoding.codec)
        if hardware(name) is None:  # which software stands in for
            find_encoder(name)

    def notes(self, job: Job) -> tuple[str, ...]:
        """What the names alone tell."""
        from upscale.video.medium import container_note

        note = None if self.container_fixed else container_note(job.source, job.target, self.pattern.encoding.codec)
        return (note,) if note else ()


def enlarging(clips: Clips, report: VideoReport) -> Callable[[list[Job]], None]:
    """What enlarges clips, one after another; without any clip no network is loaded."""
    upscalers = cache(clips.engine.upscalers)

    def enlarge(jobs: list[Job]) -> None:
        clips.check()
        loaded = upscalers()
        for number, job in enumerate(jobs, 1):
            report.opened(job, number, len(jobs), clips.notes(job))
            try:
                _enlarge(clips.job(job), clips.engine.plan, loaded, report)
            except (UsageError, EnvironmentLackError) as error:
                report.add(failure(job, error, is_only=len(jobs) == 1))
            finally:
                report.closed()
            if clips.fail_fast and report.exit_code:
                return

    return enlarge


def _enlarge(job: "VideoJob", plan: "ScalePlan", upscalers: "list[Upscaler]", report: VideoReport) -> None:
    """One clip; what is wrong with it alone is reported, so that the others go on."""
    import av

    from upscale.engine.memory import is_out_of_memory
    from upscale.video.medium import refuse_still
    from upscale.video.pipeline import upscale_video

    started_s, first = time.perf_counter(), Job(job.source, job.target)
    try:
        refuse_still(job.source)
        result = upscale_video(job, upscalers[0], plan, report, report.meter, upscalers[1:])
    except (UsageError, EnvironmentLackError):
        raise
    except UpscaleError as error:
        reason = about(first, error)
    except BrokenPipeError:  # who listened to the events has gone
        raise
    except (*MALFORMED, av.FFmpegError, OSError) as error:
        reason = unforeseen(job.source, error)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        reason = f"cannot enlarge {job.source}: not enough memory; try a smaller --scale, or --max-memory"
    else:
        report.closed()
        report.done(first, result, time.perf_counter() - started_s)
        return
    report.closed()
    report.add(Outcome(first, "failed", time.perf_counter() - started_s, reason))


def failure(job: Job, error: UpscaleError, *, is_only: bool) -> Outcome:
    """What is wrong with one clip; raised where that is the user's or the machine's fault, and it is the only clip."""
    # Of several clips others may be without what is wrong with this one: HDR, say.
    if is_only and isinstance(error, UsageError | EnvironmentLackError):
        raise type(error)(about(job, error)) from error
    return Outcome(job, "failed", error=about(job, error))


def unforeseen(source: Path, error: Exception) -> str:
    """What to say of an error that only a broken file can cause."""
    return f"cannot enlarge {source}: it is damaged in a way that was not foreseen ({told(error)})"


def about(job: Job, error: UpscaleError) -> str:
    """What went wrong, and with which clip, if that is not said."""
    text = str(error)
    return text if str(job.source) in text or str(job.target) in text else f"{job.source}: {text}"
