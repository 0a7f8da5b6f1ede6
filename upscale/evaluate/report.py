"""A run as text for people, or as JSON objects for programs: words only, the command prints them."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from upscale.evaluate.folders import Folders
from upscale.evaluate.protocol import Failure, Metric, Protocol, Row, Run

# As in published tables.
DECIMALS: Mapping[Metric, int] = {
    "psnr": 2,
    "ssim": 4,
    "niqe": 2,
    "lpips": 4,
    "ma": 2,
    "pi": 2,
    "lr_psnr": 2,
    "drift": 2,
}
COLUMN = 9


@dataclass(frozen=True)
class Conditions:
    """What stands beside one model's figures.

    `arithmetic` is where and in which precision the model ran, `unavailable` why a metric has no figures.
    """

    model: str
    arithmetic: str
    protocol: Protocol
    folders: Folders
    unavailable: Mapping[Metric, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TextReport:
    """A table: the conditions, a row a picture, the mean. `width` is that of the first column."""

    conditions: Conditions
    width: int

    def opening(self) -> str:
        """What is measured, how, and the names of the columns."""
        at = self.conditions
        title = f"{at.model} x{at.protocol.scale}, {at.arithmetic}"
        return f"{title}\n{at.protocol}\n{at.folders}\n{'picture'.ljust(self.width)}{_names(at.protocol)}"

    def line(self, result: Row | Failure) -> str:
        """One picture."""
        if isinstance(result, Failure):
            return f"{result.picture.ljust(self.width)}{'failed':>{COLUMN}}"
        return _cells(result.picture, result.values, self.conditions.protocol, self.width)

    def closing(self, run: Run) -> str:
        """The means, and over how many pictures where some failed."""
        total = len(run.rows) + len(run.failures)
        name = f"mean of {len(run.rows)} of {total}" if run.failures else f"mean of {total}"
        return _cells(name, run.means(), run.protocol, self.width) + "\n"


@dataclass(frozen=True)
class JsonReport:
    """One object a line: `protocol`, then `score` or `failed` a picture, then `mean`.

    An infinite PSNR, that of equal pictures, is null: JSON has no word for it. So is a metric that is unavailable;
    the protocol and the mean say why.
    """

    conditions: Conditions

    def opening(self) -> str:
        """The conditions."""
        at = self.conditions
        facts = {
            "scale": at.protocol.scale,
            "arithmetic": at.arithmetic,
            "hr": str(at.folders.hr),
            "lr": None if at.folders.lr is None else str(at.folders.lr),
        }
        return self._event("protocol", {**facts, **self._grounds()})

    def line(self, result: Row | Failure) -> str:
        """One picture."""
        if isinstance(result, Failure):
            return self._event("failed", {"picture": result.picture, "error": result.reason})
        return self._event("score", {"picture": result.picture, **self._finite(result.values)})

    def closing(self, run: Run) -> str:
        """The means, over how many pictures, and the conditions once more."""
        facts = {"scale": run.protocol.scale, "pictures": len(run.rows), "failed": len(run.failures)}
        means = self._finite(run.means()) if run.rows else {}
        return self._event("mean", {**facts, **means, **self._grounds()})

    def _event(self, event: str, facts: Mapping[str, object]) -> str:
        return json.dumps({"event": event, "model": self.conditions.model, **facts})

    def _grounds(self) -> dict[str, object]:
        """What a figure, or none, rests on."""
        reasons = {"unavailable": dict(self.conditions.unavailable)} if self.conditions.unavailable else {}
        return {**reasons, "protocol": str(self.conditions.protocol)}

    def _finite(self, values: Mapping[Metric, float]) -> dict[str, float | None]:
        wanted = {metric: values.get(metric) for metric in self.conditions.protocol.metrics}
        return {metric: None if value is None or math.isinf(value) else value for metric, value in wanted.items()}


def comparison(runs: Sequence[Run]) -> str:
    """The means of several models below each other."""
    width = max(len(run.model) for run in runs) + 2
    rows = [_cells(run.model, run.means(), run.protocol, width) for run in runs]
    return "\n".join(["model".ljust(width) + _names(runs[0].protocol), *rows])


def reasons(unavailable: Mapping[Metric, str]) -> str:
    """Why there is no figure, a line a metric."""
    return "\n".join(f"- {metric} is unavailable: {why}" for metric, why in unavailable.items())


def _names(protocol: Protocol) -> str:
    return "".join(metric.rjust(COLUMN) for metric in protocol.metrics)


def _cells(name: str, values: Mapping[Metric, float], protocol: Protocol, width: int) -> str:
    """A row; what could not be measured is a dash, and in the mean of no pictures at all everything is."""
    cells = (
        f"{values[metric]:{COLUMN}.{DECIMALS[metric]}f}" if metric in values else "-".rjust(COLUMN)
        for metric in protocol.metrics
    )
    return name.ljust(width) + "".join(cells)
