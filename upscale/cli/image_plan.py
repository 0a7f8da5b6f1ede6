"""`upscale images --dry-run`: what would be done, how large, in how much memory and time."""

from collections import Counter
from typing import TYPE_CHECKING

import typer

from upscale.cli.batch import Wanted, planned
from upscale.cli.events import Events
from upscale.cli.image_batch import Engine
from upscale.cli.logs import printable
from upscale.units import duration

if TYPE_CHECKING:
    from upscale.images.forecast import Forecast
    from upscale.images.pipeline import BatchOptions


def show_plan(wanted: Wanted, engine: Engine, options: "BatchOptions", events: Events | None) -> None:
    """Results go to standard output, as lines for people, or as `events` for programs."""
    from upscale.batch.outcome import Outcome
    from upscale.images.forecast import Forecast, forecasts

    plan, settled = planned(wanted)
    for warning in plan.warnings:
        typer.echo(f"note: {printable(warning)}", err=True)
    waiting = [item for item in settled if not isinstance(item, Outcome)]
    enlarger = engine.enlarger(lambda count: None) if waiting else None
    expected = forecasts(waiting, enlarger, options.encoding, options.limit_px) if enlarger else iter(())
    total = _Total()
    for item in settled:
        status = item.status if isinstance(item, Outcome) else "planned"
        forecast = Forecast(item.job) if isinstance(item, Outcome) else next(expected)
        total.add(status, forecast)
        if events is None:
            expected_words = _in_words(forecast) if status == "planned" else ""
            typer.echo(printable(f"{status}  {forecast.job.source} -> {forecast.job.target}{expected_words}"))
        else:
            events.send({"event": "plan", "status": status, **_facts(forecast)})
    if events is None:
        typer.echo(total.line())
    else:
        events.send({"event": "plan_summary", **total.facts()})


class _Total:
    """Sums over the jobs that are to be done."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._seconds = 0.0
        self._memory_bytes = 0
        self._unknown = 0

    def add(self, status: str, forecast: "Forecast") -> None:
        """Count one more."""
        self._counts[status] += 1
        if status == "planned":
            self._seconds += forecast.seconds or 0
            self._memory_bytes = max(self._memory_bytes, forecast.memory_bytes or 0)
            self._unknown += forecast.seconds is None

    def line(self) -> str:
        """For people."""
        counts = ", ".join(f"{self._counts[status]} {status}" for status in ("planned", "skipped", "failed"))
        known = self._counts["planned"] - self._unknown
        unknown = f"; {self._unknown} of unknown length" if self._unknown else ""
        time = f"; about {duration(self._seconds)} of work" if known else ""
        memory = f" in {_gigabytes(self._memory_bytes)}" if self._memory_bytes else ""
        return f"{counts}{time}{memory}{unknown}"

    def facts(self) -> dict[str, object]:
        """For programs."""
        counts = {status: self._counts[status] for status in ("planned", "skipped", "failed")}
        seconds = round(self._seconds, 3) if self._counts["planned"] > self._unknown else None
        return {
            **counts,
            "estimated_seconds": seconds,
            "unknown": self._unknown,
            "memory_bytes": self._memory_bytes or None,
        }


def _in_words(forecast: "Forecast") -> str:
    if forecast.size_px is None:
        return "  size and time unknown"
    height, width = forecast.size_px
    memory = "" if forecast.memory_bytes is None else f", {_gigabytes(forecast.memory_bytes)}"
    time = ", time unknown" if forecast.seconds is None else f", about {duration(forecast.seconds)}"
    return f"  {width} x {height}{memory}{time}"


def _facts(forecast: "Forecast") -> dict[str, object]:
    height_px, width_px = forecast.size_px or (None, None)
    return {
        "source": str(forecast.job.source),
        "target": str(forecast.job.target),
        "height_px": height_px,
        "width_px": width_px,
        "memory_bytes": forecast.memory_bytes,
        "estimated_seconds": None if forecast.seconds is None else round(forecast.seconds, 6),
    }


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
