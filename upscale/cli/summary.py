"""How a run ends: its counts, its time, and the stage that the others waited for."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

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


def size(count_bytes: int) -> str:
    """820 kB, 4.1 MB, 12 GB."""
    for unit, name in ((1e9, "GB"), (1e6, "MB")):
        if count_bytes >= unit:
            return f"{count_bytes / unit:.{1 if count_bytes < 10 * unit else 0}f} {name}"
    return f"{max(1, round(count_bytes / 1e3)) if count_bytes else 0} kB"


def duration(seconds: float) -> str:
    """4.2 s, 42 s, 3 min 12 s, 2 h 5 min."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest_s = divmod(round(seconds), 60)
    if minutes == 0:
        return f"{rest_s} s"
    return f"{minutes} min {rest_s} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
