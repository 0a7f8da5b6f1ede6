"""What is measured, and what comes of it."""

from dataclasses import dataclass
from statistics import median
from typing import Literal

import torch

from upscale.engine.scaling import ScalePlan
from upscale.engine.upscaler import UpscaleOptions, Upscaler

What = Literal["network", "images", "video"]


@dataclass(frozen=True)
class Case:
    """A model by name or path, and how it is run."""

    model: str
    options: UpscaleOptions


@dataclass(frozen=True)
class Workload:
    """The size of the pictures and frames, and how often each measurement is repeated."""

    height: int
    width: int
    runs: int


@dataclass(frozen=True)
class Engine:
    """A case made ready: the network on its device."""

    upscaler: Upscaler
    plan: ScalePlan


@dataclass(frozen=True)
class Sample:
    """Wall times of equal runs, each over `pieces` pictures or frames of this size."""

    height: int
    width: int
    pieces: int
    seconds: tuple[float, ...]


@dataclass(frozen=True)
class Figure:
    """One measurement.

    `multiply_adds`: for each low-resolution pixel, None for a network that does not tell. `peak_gflops`: the
    larger of the matrix peaks just before and just after. `memory_bytes`: None where the system does not tell.
    """

    case: Case
    what: What
    device: torch.device
    dtype: torch.dtype
    scale: int
    sample: Sample
    multiply_adds: int | None
    peak_gflops: float
    memory_bytes: int | None

    @property
    def seconds(self) -> float:
        """One run, the median of all."""
        return median(self.sample.seconds)

    @property
    def fps(self) -> float:
        """Pictures or frames a second."""
        return self.sample.pieces / self.seconds

    @property
    def mp_per_s(self) -> float:
        """Megapixels of results a second."""
        return self._lr_px_per_s * self.scale**2 / 1e6

    @property
    def gflops(self) -> float | None:
        """The network's own arithmetic over wall time, a multiply-add counted as two."""
        return None if self.multiply_adds is None else 2 * self.multiply_adds * self._lr_px_per_s / 1e9

    @property
    def share(self) -> float | None:
        """`gflops` as a part of the matrix peak."""
        return None if self.gflops is None else self.gflops / self.peak_gflops

    @property
    def _lr_px_per_s(self) -> float:
        return self.sample.height * self.sample.width * self.fps


@dataclass(frozen=True)
class Gap:
    """What could not be measured, and why; `lacking` if the machine lacks something, else it failed."""

    case: Case
    what: What
    reason: str
    lacking: bool
