"""How busy the stages of a run were, and which of them the others waited for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass
class Meter:
    """Sums over a run's flows. `busy_s`: how long each stage worked and did not wait for another, in seconds.

    A stage of several threads is as busy as they are in the mean. `running`: the same of the flow that runs now.
    """

    busy_s: dict[str, float] = field(default_factory=dict)
    running: Callable[[], Mapping[str, float]] | None = None

    def add(self, busy_s: Mapping[str, float]) -> None:
        """Count one flow; stages are told apart by name."""
        for name, seconds in busy_s.items():
            self.busy_s[name] = self.busy_s.get(name, 0.0) + seconds

    def bottleneck(self) -> str | None:
        """The busiest stage, for which the others waited; None before the first flow."""
        return _busiest(self.busy_s)

    def bottleneck_now(self) -> str | None:
        """That of the flow that runs, None between flows; any thread may ask."""
        running = self.running
        return None if running is None else _busiest(running())


def _busiest(busy_s: Mapping[str, float]) -> str | None:
    return max(busy_s, key=busy_s.__getitem__, default=None)
