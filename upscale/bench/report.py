"""Figures as a table for people, or as JSON objects for programs: words only, the command prints them."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from upscale.bench.cases import Case, Figure, Gap, Workload

_HEADINGS = ("device", "dtype", "tile", "batch", "what", "fps", "MP/s", "GFLOP/s", "peak", "share", "memory")
_WIDTHS = (7, 7, 6, 6, 9, 9, 9, 9, 9, 7, 10)


@dataclass(frozen=True)
class TextReport:
    """A table, a row a figure; `width` is that of the first column."""

    workload: Workload
    width: int

    def opening(self) -> str:
        """The machine, the conditions, and the names of the columns."""
        size = f"{self.workload.width}x{self.workload.height}"
        conditions = (
            f"{size} input pixels, median of {self.workload.runs}; MP/s of output; share: GFLOP/s of the matrix peak"
        )
        return f"{machine()}\n{conditions}\n\n{self._row('model', _HEADINGS)}"

    def line(self, result: Figure | Gap) -> str:
        """One figure, or why there is none."""
        if isinstance(result, Gap):
            word = "skipped" if result.lacking else "failed"
            return self._row(result.case.model, _how(result.case)) + f"{result.what:>9}  {word}: {result.reason}"
        return self._row(result.case.model, (*_how(result.case, result), result.what, *_values(result)))

    def _row(self, first: str, cells: Sequence[str]) -> str:
        return first.ljust(self.width) + "".join(cell.rjust(width) for cell, width in zip(cells, _WIDTHS, strict=False))


@dataclass(frozen=True)
class JsonReport:
    """One object a line: `machine`, then `figure` or `skipped` or `failed` each."""

    workload: Workload

    def opening(self) -> str:
        """The machine and the conditions."""
        facts = {"machine": machine(), "height_px": self.workload.height, "width_px": self.workload.width}
        return json.dumps({"event": "machine", **facts, "runs": self.workload.runs})

    def line(self, result: Figure | Gap) -> str:
        """One figure, or why there is none; tile and batch are null where the engine chose."""
        case = result.case
        facts = {"what": result.what, "model": case.model, "tile": case.options.tile, "batch": case.options.batch}
        if isinstance(result, Gap):
            asked = {"device": case.options.device, "dtype": case.options.dtype, "reason": result.reason}
            return json.dumps({"event": "skipped" if result.lacking else "failed", **facts, **asked})
        return json.dumps({"event": "figure", **facts, **_facts(result)})


def machine() -> str:
    """The processors by name, the threads in use, and torch's version."""
    gpus = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    return ", ".join([_processor(), f"{torch.get_num_threads()} threads", *gpus, f"torch {torch.__version__}"])


def _processor() -> str:
    """The CPU's name; Python itself knows it on some systems only."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _how(case: Case, figure: Figure | None = None) -> tuple[str, ...]:
    """Device, dtype, tile, batch: what was used where that is known, else what was asked for."""
    options = case.options
    device, dtype = (figure.device, _name(figure.dtype)) if figure else (options.device, options.dtype)
    tile, batch = ("auto" if number is None else str(number) for number in (options.tile, options.batch))
    return str(device), dtype, tile, batch


def _values(figure: Figure) -> tuple[str, ...]:
    memory = "-" if figure.memory_bytes is None else f"{figure.memory_bytes / 1e9:.2f} GB"
    return (
        f"{figure.fps:.2f}",
        f"{figure.mp_per_s:.2f}",
        "-" if figure.gflops is None else f"{figure.gflops:.1f}",
        f"{figure.peak_gflops:.1f}",
        "-" if figure.share is None else f"{figure.share:.2f}",
        memory,
    )


def _facts(figure: Figure) -> Mapping[str, object]:
    sample = figure.sample
    return {
        "device": str(figure.device),
        "dtype": _name(figure.dtype),
        "scale": figure.scale,
        "height_px": sample.height,
        "width_px": sample.width,
        "pieces": sample.pieces,
        "seconds": [round(seconds, 6) for seconds in sample.seconds],
        "fps": _rounded(figure.fps),
        "mp_per_s": _rounded(figure.mp_per_s),
        "multiply_adds_per_px": figure.multiply_adds,
        "gflops": _rounded(figure.gflops),
        "peak_gflops": _rounded(figure.peak_gflops),
        "share_of_peak": _rounded(figure.share),
        "memory_bytes": figure.memory_bytes,
    }


def _rounded(value: float | None) -> float | None:
    """Six digits: more than any timing holds."""
    return None if value is None else float(f"{value:.6g}")


def _name(dtype: torch.dtype) -> str:
    names = {torch.float32: "fp32", torch.float16: "fp16", torch.bfloat16: "bf16"}
    return names.get(dtype, str(dtype).removeprefix("torch."))
