"""The work of `upscale images`: the network on its device, and pictures through it."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from upscale.batch.jobs import Job
from upscale.cli.image_report import Report

if TYPE_CHECKING:
    from upscale.engine.scaling import ScalePlan
    from upscale.engine.upscaler import UpscaleOptions
    from upscale.images.enlarging import Enlarger
    from upscale.images.pipeline import BatchOptions


@dataclass(frozen=True)
class Engine:
    """What the network's stage is built from."""

    plan: "ScalePlan"
    options: "UpscaleOptions"
    alpha: Literal["model", "resize", "drop"]

    def enlarger(self, on_pixels: Callable[[int], None]) -> "Enlarger":
        """Loads the network onto its device; `on_pixels` is told of finished pixels."""
        from upscale.engine.upscaler import Upscaler
        from upscale.images.enlarging import Enlarger

        return Enlarger(Upscaler(self.plan.network, self.options), self.plan, self.alpha, on_pixels)


def enlarging(engine: Engine, options: "BatchOptions", report: Report) -> Callable[[list[Job]], None]:
    """What enlarges jobs, whose outcomes are told as they come; without any job no network is loaded."""

    @cache
    def enlarger() -> "Enlarger":
        return engine.enlarger(report.pixels)

    def enlarge(jobs: list[Job]) -> None:
        from upscale.images.pipeline import enlarge_files

        loaded = enlarger()
        report.begun(jobs)
        with closing(enlarge_files(jobs, loaded, options, report.meter)) as outcomes:
            for outcome in outcomes:
                report.finished(outcome)
        report.ended()

    return enlarge
