"""A run as text for people, or as JSON objects for programs: words only, the command prints them."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from upscale.evaluate.protocol import Failure, Metric, Protocol, Row, Run

DECIMALS: Mapping[Metric, int] = {"psnr": 2, "ssim": 4, "niqe": 2}  # as in published tables
COLUMN = 9


@dataclass(frozen=True)
class TextReport:
    """A table: the conditions, a row a picture, the mean.

    `arithmetic` is where and in which precision the model ran, `width` that of the first column.
    """

    model: str
    arithmetic: str
    protocol: Protocol
    width: int

    def opening(self) -> str:
        """What is measured, how, and the names of the columns."""
        names = "".join(metric.rjust(COLUMN) for metric in self.protocol.metrics)
        title = f"{self.model} x{self.protocol.scale}, {self.arithmetic}"
        return f"{title}\n{self.protocol}\n{'picture'.ljust(self.width)}{names}"

    def line(self, result: Row | Failure) -> str:
        """One picture."""
        if isinstance(result, Failure):
            return f"{result.picture.ljust(self.width)}{'failed':>{COLUMN}}"
        return _cells(result.picture, result.values, self.width)

    def closing(self, run: Run) -> str:
        """The means, and over how many pictures where some failed."""
        total = len(run.rows) + len(run.failures)
        name = f"mean of {len(run.rows)} of {total}" if run.failures else f"mean of {total}"
        return _cells(name, run.means(), self.width) + "\n"


@dataclass(frozen=True)
class JsonReport:
    """One object a line: `protocol`, then `score` or `failed` a picture, then `mean`.

    An infinite PSNR, that of equal pictures, is null: JSON has no word for it.
    """

    model: str
    arithmetic: str
    protocol: Protocol

    def opening(self) -> str:
        """The conditions."""
        facts = {"scale": self.protocol.scale, "arithmetic": self.arithmetic, "protocol": str(self.protocol)}
        return self._event("protocol", facts)

    def line(self, result: Row | Failure) -> str:
        """One picture."""
        if isinstance(result, Failure):
            return self._event("failed", {"picture": result.picture, "error": result.reason})
        return self._event("score", {"picture": result.picture, **_finite(result.values)})

    def closing(self, run: Run) -> str:
        """The means, over how many pictures, and the conditions once more."""
        facts = {"scale": self.protocol.scale, "pictures": len(run.rows), "failed": len(run.failures)}
        return self._event("mean", {**facts, **_finite(run.means()), "protocol": str(self.protocol)})

    def _event(self, event: str, facts: Mapping[str, object]) -> str:
        return json.dumps({"event": event, "model": self.model, **facts})


def comparison(runs: list[Run]) -> str:
    """The means of several models below each other."""
    width = max(len(run.model) for run in runs) + 2
    names = "".join(metric.rjust(COLUMN) for metric in runs[0].protocol.metrics)
    return "\n".join(["model".ljust(width) + names, *(_cells(run.model, run.means(), width) for run in runs)])


def _cells(name: str, values: Mapping[Metric, float], width: int) -> str:
    cells = (f"{value:{COLUMN}.{DECIMALS[metric]}f}" for metric, value in values.items())
    return name.ljust(width) + "".join(cells)


def _finite(values: Mapping[Metric, float]) -> dict[str, float | None]:
    return {metric: value if math.isfinite(value) else None for metric, value in values.items()}
