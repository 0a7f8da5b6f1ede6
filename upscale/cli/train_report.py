"""What `upscale train` tells while it runs."""

import json
import math
import sys
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from upscale.train.config import TrainConfig
    from upscale.train.run import Progress


def announce(config: "TrainConfig", *, resume: bool) -> str:
    """What is about to happen, in a sentence."""
    losses = " + ".join(f"{weight:g} {name}" for name, weight in config.losses.items())
    length = f"{config.minutes:g} minutes" if config.minutes is not None else f"{config.steps} steps"
    what, is_gan = f"{config.model} x{config.scale}", "gan" in config.losses
    if resume:
        return f"resuming {what} on {config.data}, up to {length}: {losses} -> {config.out}"
    source = config.init if config.init != "auto" else "srresnet" if is_gan and not config.from_scratch else "none"
    begun = "from scratch" if source == "none" else f"from {source}"
    return f"training {what} {begun} on {config.data} for {length}: {losses} -> {config.out}"


class Reporter:
    """An announcement, then a bar on a terminal, a line at each validation, or JSON events."""

    def __init__(self, announcement: str, *, as_json: bool, quiet: bool) -> None:
        from tqdm import tqdm

        self._as_json, self._quiet = as_json, quiet
        if not quiet:
            typer.echo(announcement, err=True)
        self._bar = tqdm(unit="step", disable=quiet or as_json or not sys.stderr.isatty(), file=sys.stderr)
        self._diagnosis: str | None = None

    def __enter__(self) -> "Reporter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()

    def decoded(self, done: int, total: int) -> None:
        """Before the first step."""
        self._bar.set_description(f"decoding {done}/{total}" if done < total else "")

    def __call__(self, progress: "Progress") -> None:
        """After a step."""
        self._bar.total = progress.report.total or None
        self._bar.update(progress.report.step - self._bar.n)
        if progress.validation is None:
            return
        if self._as_json:
            typer.echo(json.dumps(_event(progress)))
        elif not self._quiet:
            self._bar.write(_line(progress), file=sys.stderr)
        if progress.diagnosis != self._diagnosis:
            self._diagnosis = progress.diagnosis
            if progress.diagnosis is not None and not self._quiet:
                self._bar.write(f"note: {progress.diagnosis}", file=sys.stderr)

    def ended(self, written: Path | None) -> None:
        """Where the network is, or that the run stopped before its end."""
        if self._quiet:
            return
        if written is None:
            typer.echo("stopped; --resume goes on, with a later --stop-at or none", err=True)
        else:
            typer.echo(f"wrote {written}; use it with --model {written}", err=True)


def _event(progress: "Progress") -> dict[str, object]:
    report, validation = progress.report, progress.validation
    event: dict[str, object] = {"step": report.step, "total": report.total, "lr": report.learning_rate}
    if validation is not None:
        event |= {"psnr_y": _number(round(validation.psnr_y, 3))}
        event |= {} if validation.niqe is None else {"niqe": round(validation.niqe, 3)}
    event |= {} if progress.diagnosis is None else {"diagnosis": progress.diagnosis}
    return event | {name: _number(float(value)) for name, value in report.losses.items()}


def _number(value: float) -> float | None:
    """Six digits; JSON has no word for what is not finite."""
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _line(progress: "Progress") -> str:
    report, validation = progress.report, progress.validation
    figures = []
    if validation is not None:
        figures.append(f"PSNR-Y {validation.psnr_y:.3f} dB")
        figures += [] if validation.niqe is None else [f"NIQE {validation.niqe:.3f}"]
    figures += [f"{name} {float(value):.4g}" for name, value in report.losses.items()]
    return f"step {report.step}/{report.total}: {', '.join(figures)}"
