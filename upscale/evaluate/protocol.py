"""What is measured and how, in types: a score without its protocol compares with nothing."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from upscale.errors import UsageError
from upscale.evaluate.luma import crop_border, luma
from upscale.evaluate.niqe import niqe
from upscale.evaluate.psnr import psnr
from upscale.evaluate.ssim import ssim

Metric = Literal["psnr", "ssim", "niqe"]
METRICS: tuple[Metric, ...] = get_args(Metric)


@dataclass(frozen=True)
class Protocol:
    """The conditions of a measurement; `str` of it belongs beside every figure.

    `scale` is also the border, in pixels, that is cut from both pictures before the metric.
    """

    scale: int
    metrics: tuple[Metric, ...]
    lr_from: Literal["folder", "matlab-bicubic"]

    def __str__(self) -> str:
        parts = ["Y-BT601", f"crop={self.scale}", "uint8-round", "gray=as-rgb"]
        if "ssim" in self.metrics:
            parts.append("ssim=gauss11 valid")
        if "niqe" in self.metrics:
            parts.append("niqe=LIVE model, Y rounded")
        return ", ".join([*parts, f"lr={self.lr_from}"])


@dataclass(frozen=True)
class Row:
    """The scores of one picture."""

    picture: str
    values: Mapping[Metric, float]


@dataclass(frozen=True)
class Failure:
    """A picture that has no scores, and why."""

    picture: str
    reason: str


@dataclass(frozen=True)
class Run:
    """All that one model reached on one set of pictures."""

    model: str
    protocol: Protocol
    rows: tuple[Row, ...]
    failures: tuple[Failure, ...]

    def means(self) -> dict[Metric, float]:
        """Means over the pictures that have scores, of decibels too, as published; empty without any."""
        if not self.rows:
            return {}
        return {metric: statistics.fmean(row.values[metric] for row in self.rows) for metric in self.protocol.metrics}


def parse_metrics(words: str) -> tuple[Metric, ...]:
    """Metrics from their names between commas; raises UsageError for an unknown one."""
    wanted = [word.strip().lower() for word in words.split(",")]
    unknown = [word for word in wanted if word not in METRICS]
    if unknown:
        raise UsageError(f"unknown metric {unknown[0]!r}; there are {', '.join(METRICS)}")
    return tuple(metric for metric in METRICS if metric in wanted)


def measure(sr: NDArray[np.uint8], hr: NDArray[np.uint8], protocol: Protocol) -> dict[Metric, float]:
    """The protocol's scores of an enlarged picture. Shape: (H, W, 3) RGB each, of one size.

    Raises BadInputError where a metric does not exist for a picture so small.
    """
    sr_y, hr_y = (crop_border(luma(pixels), protocol.scale) for pixels in (sr, hr))
    scores: dict[Metric, float] = {}
    if "psnr" in protocol.metrics:
        scores["psnr"] = psnr(sr_y, hr_y)
    if "ssim" in protocol.metrics:
        scores["ssim"] = ssim(sr_y, hr_y)
    if "niqe" in protocol.metrics:
        scores["niqe"] = niqe(crop_border(luma(sr, round_y=True), protocol.scale))
    return scores
