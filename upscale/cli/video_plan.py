"""`upscale video --dry-run`: what would be done, what is lost on the way, and how long it takes."""

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import typer

from upscale.batch.jobs import Job
from upscale.batch.outcome import Outcome
from upscale.batch.unforeseen import MALFORMED
from upscale.cli.batch import Wanted, planned
from upscale.cli.events import Events
from upscale.cli.logs import printable
from upscale.cli.video_batch import Clips, failure, unforeseen
from upscale.errors import UpscaleError
from upscale.units import duration

if TYPE_CHECKING:
    from upscale.engine.upscaler import Upscaler
    from upscale.video.forecast import ClipForecast


def show_plan(wanted: Wanted, clips: Clips, events: Events | None) -> int:
    """Results go to standard output, as lines for people, or as `events` for programs. Exit code and errors are the
    run's, as far as they come before the first frame.
    """
    plan, settled = planned(wanted)
    for warning in plan.warnings:
        typer.echo(f"note: {printable(warning)}", err=True)
    waiting = sum(not isinstance(item, Outcome) for item in settled)
    if waiting:
        clips.check()
    upscaler = cache(lambda: clips.engine.upscalers()[0])
    counts: Counter[str] = Counter()
    seconds: list[float | None] = []
    for item in settled:
        found = item if isinstance(item, Outcome) else _forecast(item, clips, upscaler(), is_only=waiting == 1)
        status = found.status if isinstance(found, Outcome) else "planned"
        counts[status] += 1
        if not isinstance(found, Outcome):
            seconds.append(found.seconds)
        job = item.job if isinstance(item, Outcome) else item
        if events is None:
            typer.echo(printable(f"{status}  {job.source} -> {job.target}{_in_words(found)}"))
            for note in _notes(found, clips, job):
                typer.echo(printable(f"         {note}"))
        else:
            facts = _facts(found, _notes(found, clips, job))
            events.send(
                {"event": "plan", "status": status, "source": str(job.source), "target": str(job.target), **facts}
            )
    _close(counts, seconds, events)
    return 1 if counts["failed"] else 0


def _forecast(job: Job, clips: Clips, upscaler: "Upscaler", *, is_only: bool) -> "ClipForecast | Outcome":
    import av

    from upscale.video.forecast import forecast
    from upscale.video.medium import refuse_still

    try:
        refuse_still(job.source)
        return forecast(clips.job(job), upscaler, clips.engine.plan)
    except UpscaleError as error:
        return failure(job, error, is_only=is_only)
    except (*MALFORMED, av.FFmpegError, OSError) as error:
        return Outcome(job, "failed", error=unforeseen(job.source, error))


def _notes(found: "ClipForecast | Outcome", clips: Clips, job: Job) -> tuple[str, ...]:
    if isinstance(found, Outcome):
        return (found.error,) if found.status == "failed" and found.error else ()
    return (*clips.notes(job), *found.notes)


def _in_words(found: "ClipForecast | Outcome") -> str:
    if isinstance(found, Outcome):
        return ""
    frames = "an unknown number of frames" if found.frames is None else f"{found.frames} frames"
    length = "" if found.length_s is None else f", {duration(found.length_s)} long"
    time = "time unknown" if found.seconds is None else f"about {duration(found.seconds)} of work"
    return f"  {found.width_px} x {found.height_px}, {frames}{length}, {found.codec}; {time}"


def _facts(found: "ClipForecast | Outcome", notes: tuple[str, ...]) -> dict[str, object]:
    if isinstance(found, Outcome):
        return {"error": found.error}
    return {
        "height_px": found.height_px,
        "width_px": found.width_px,
        "frames_estimated": found.frames,
        "length_seconds": None if found.length_s is None else round(found.length_s, 3),
        "codec": found.codec,
        "notes": list(notes),
        "estimated_seconds": None if found.seconds is None else round(found.seconds, 3),
    }


def _close(counts: Counter[str], seconds: list[float | None], events: Events | None) -> None:
    """The sum of all."""
    known = [one for one in seconds if one is not None]
    shown = {status: counts[status] for status in ("planned", "skipped", "failed")}
    if events is not None:
        total = round(sum(known), 3) if known else None
        unknown = len(seconds) - len(known)
        events.send({"event": "plan_summary", **shown, "estimated_seconds": total, "unknown": unknown})
        return
    time = f"; about {duration(sum(known))} of work" if known else ""
    unknown_words = f"; {len(seconds) - len(known)} of unknown length" if len(known) < len(seconds) else ""
    typer.echo(f"{', '.join(f'{count} {status}' for status, count in shown.items())}{time}{unknown_words}")
