"""How a run ends: its counts, its time, and the stage that the others waited for."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from upscale.units import duration

if TYPE_CHECKING:
    from upscale.flow.meter import Meter


def closing_line(counts: str, seconds: float, meter: "Meter", *, worked: bool) -> str:
    """For people. `seconds`: since the run began; where nothing was computed, only the counts are worth a word."""
    slowest = meter.bottleneck()
    if slowest is None or not worked:
        return counts
    percent = {name: f"{100 * busy_s / seconds:.0f} %" for name, busy_s in meter.busy_s.items()}
    others = ", ".join(f"{name} {share}" for name, share in percent.items() if name != slowest)
    name = "the network" if slowest == "network" else slowest
    return f"{counts} in {duration(seconds)}; {name} was the bottleneck (busy {percent[slowest]} of the time; {others})"


def closing_event(counts: Mapping[str, int], seconds: float, meter: "Meter", *, interrupted: bool) -> dict[str, Any]:
    """The same for programs."""
    return {
        "event": "summary",
        "interrupted": interrupted,
        **counts,
        "seconds": round(seconds, 3),
        "bottleneck": meter.bottleneck(),
        "busy_seconds": {name: round(busy_s, 3) for name, busy_s in meter.busy_s.items()},
    }
