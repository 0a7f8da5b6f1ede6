"""What is measured and how, in types: a score without its protocol compares with nothing."""

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from upscale.errors import UsageError, did_you_mean
from upscale.evaluate.ssim import PLAIN, Exponents

Metric = Literal["psnr", "ssim", "niqe", "lpips", "ma", "pi", "lr_psnr", "drift"]
METRICS: tuple[Metric, ...] = get_args(Metric)
Channels = Literal["y", "rgb"]
SsimForm = Literal["gauss11", "daala"]


@dataclass(frozen=True)
class Protocol:
    """The conditions of a measurement; `str` of it belongs beside every figure.

    `scale` is also the border, in pixels, that is cut from both pictures before PSNR, SSIM and NIQE. `channels` and
    `ssim_exponents` (luminance, contrast, structure) are for PSNR and SSIM alone. Raises UsageError for exponents
    below 0 and for what Daala's SSIM does not know.
    """

    scale: int
    metrics: tuple[Metric, ...]
    lr_from: Literal["folder", "matlab-bicubic"]
    channels: Channels = "y"
    ssim: SsimForm = "gauss11"
    ssim_exponents: Exponents = PLAIN

    def __post_init__(self) -> None:
        if not all(math.isfinite(exponent) and exponent >= 0 for exponent in self.ssim_exponents):
            raise UsageError(f"exponents of SSIM are 0 or more, not {_listed(self.ssim_exponents)}")
        if self.ssim == "daala" and (self.channels != "y" or self.ssim_exponents != PLAIN):
            raise UsageError("Daala's SSIM is one of luma, without exponents: leave the channels and exponents alone")

    def __str__(self) -> str:
        parts = ["RGB" if self.channels == "rgb" else "Y-BT601", f"crop={self.scale}", "uint8-round", "gray=as-rgb"]
        if "ssim" in self.metrics:
            parts.append(f"ssim={self._ssim_words()}")
        if "niqe" in self.metrics:
            parts.append("niqe=LIVE model, Y rounded")
        if "lpips" in self.metrics:
            parts.append("lpips=alex v0.1 RGB uncropped")
        parts += [
            f"{metric}=RGB uncropped, matlab-bicubic" for metric in ("lr_psnr", "drift") if metric in self.metrics
        ]
        return ", ".join([*parts, f"lr={self.lr_from}"])

    def _ssim_words(self) -> str:
        if self.ssim == "daala":
            return "daala, Y rounded"
        words = "gauss11 valid" + (" mean of channels" if self.channels == "rgb" else "")
        return words if self.ssim_exponents == PLAIN else f"{words} exponents {_listed(self.ssim_exponents)}"


@dataclass(frozen=True)
class Row:
    """The scores of one picture; without those of metrics that are unavailable."""

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
        measured = [metric for metric in self.protocol.metrics if metric in self.rows[0].values]
        return {metric: statistics.fmean(row.values[metric] for row in self.rows) for metric in measured}


def parse_metrics(words: str) -> tuple[Metric, ...]:
    """Metrics from their names between commas; raises UsageError for an unknown one."""
    wanted = [word.strip().lower().replace("-", "_") for word in words.split(",")]
    unknown = [word for word in wanted if word not in METRICS]
    if unknown:
        raise UsageError(
            f"unknown metric {unknown[0]!r}; there are {', '.join(METRICS)}{did_you_mean(unknown[0], METRICS)}"
        )
    return tuple(metric for metric in METRICS if metric in wanted)


def parse_exponents(words: str) -> Exponents:
    """The three exponents of SSIM from numbers between commas; raises UsageError for anything else."""
    try:
        luminance, contrast, structure = (float(word) for word in words.split(","))
    except ValueError as error:
        raise UsageError(
            f"--ssim-exponents {words}: expected three numbers, of luminance, contrast and structure, such as 1,1,1"
        ) from error
    return luminance, contrast, structure


def _listed(exponents: Exponents) -> str:
    return ",".join(f"{exponent:g}" for exponent in exponents)
