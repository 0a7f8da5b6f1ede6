"""What `upscale train` tells while it runs."""

import math
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import typer

from upscale.cli.events import Events
from upscale.cli.train_words import announcement

if TYPE_CHECKING:
    from upscale.train.config import TrainConfig
    from upscale.train.run import Progress
    from upscale.train.state import TrainState


class Reporter:
    """What is about to happen, then a bar on a terminal, a line at each validation, or JSON events.

    Losses are told as in the table: the mean of all steps since the line before.
    """

    def __init__(self, config: "TrainConfig", recipe: str, *, as_json: bool, quiet: bool) -> None:
        from tqdm import tqdm

        from upscale.train.watch.averages import Averages

        self._config, self._recipe = config, recipe
        self._events = Events("stdout" if as_json else None)
        self._is_told = not quiet and not as_json
        self._quiet = quiet
        # The delay: nothing is drawn before there is something to tell.
        shown = self._is_told and sys.stderr.isatty()
        self._bar = tqdm(unit="step", disable=not shown, file=sys.stderr, delay=1e-3)
        self._means = Averages()
        self._diagnosis: str | None = None

    def __enter__(self) -> "Reporter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()

    def begun(self, state: "TrainState") -> None:
        """Everything but the pictures is there."""
        # What was done before is no part of this process's pace.
        self._bar.initial = self._bar.n = self._bar.last_print_n = state.step
        if not self._quiet:
            self._bar.write("\n".join(announcement(self._config, state, self._recipe)), file=sys.stderr)

    def decoded(self, done: int, total: int) -> None:
        """Before the first step."""
        self._bar.set_description(f"decoding {done}/{total}" if done < total else "")

    def __call__(self, progress: "Progress") -> None:
        """After a step."""
        self._bar.total = progress.report.total or None
        self._bar.update(progress.report.step - self._bar.n)
        self._means.add(progress.report.losses)
        if progress.validation is None:
            return
        means = self._means.take()
        self._events.send(_event(progress, means))
        if self._is_told:
            self._bar.write(_line(progress, means), file=sys.stderr)
        if progress.diagnosis != self._diagnosis:
            self._diagnosis = progress.diagnosis
            if progress.diagnosis is not None and not self._quiet:
                self._bar.write(f"note: {progress.diagnosis}", file=sys.stderr)

    def ended(self, written: Path | None) -> None:
        """Where the network is, or that the run stopped before its end."""
        weights = None if written is None else str(written)
        self._events.send({"event": "summary", "finished": written is not None, "weights": weights})
        if self._quiet:
            return
        stopped = "stopped; --resume goes on, with a later --stop-at or none"
        typer.echo(stopped if written is None else f"wrote {written}; use it with --model {written}", err=True)


def _event(progress: "Progress", means: Mapping[str, float]) -> dict[str, object]:
    report, validation = progress.report, progress.validation
    event: dict[str, object] = {
        "event": "validation", "step": report.step, "total": report.total or None, "lr": report.learning_rate
    }  # fmt: skip
    if validation is not None:
        event |= {"psnr_y": _number(round(validation.psnr_y, 3))}
        event |= {} if validation.niqe is None else {"niqe": round(validation.niqe, 3)}
    event |= {} if progress.diagnosis is None else {"diagnosis": progress.diagnosis}
    return event | {name: _number(value) for name, value in means.items()}


def _number(value: float) -> float | None:
    """Six digits; JSON has no word for what is not finite."""
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _line(progress: "Progress", means: Mapping[str, float]) -> str:
    report, validation = progress.report, progress.validation
    figures = []
    if validation is not None:
        figures.append(f"PSNR-Y {validation.psnr_y:.3f} dB")
        figures += [] if validation.niqe is None else [f"NIQE {validation.niqe:.3f}"]
    figures += [f"{name} {value:.4g}" for name, value in means.items()]
    # A run by time has no length in its first steps.
    position = f"{report.step}/{report.total}" if report.total else str(report.step)
    return f"step {position}: {', '.join(figures)}"
