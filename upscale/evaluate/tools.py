"""What some metrics need beyond two pictures, and what is said where it is missing: a reason, never a number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch

from upscale.errors import EnvironmentLackError
from upscale.evaluate.lpips import Lpips, load_lpips
from upscale.evaluate.protocol import Metric

# github.com/chaoma99/sr-metric: quality_predict.m loads model.mat and calls regRF_predict.
NO_MA = (
    "measure it with the authors' release for MATLAB (github.com/chaoma99/sr-metric):"
    " its regression forests (model.mat) run nowhere else"
)
NO_PI = "it is (NIQE + 10 - Ma) / 2 and needs Ma, which is unavailable"


@dataclass(frozen=True)
class Tools:
    """`unavailable`: why a metric has no score."""

    lpips: Lpips | None = None
    unavailable: Mapping[Metric, str] = field(default_factory=dict)


def find_tools(metrics: Sequence[Metric], device: torch.device) -> Tools:
    """What this machine has of what these metrics need; networks that measure go to the device."""
    missing: dict[Metric, str] = {"ma": NO_MA, "pi": NO_PI}
    lpips = None
    if "lpips" in metrics:
        try:
            lpips = load_lpips(device)
        except EnvironmentLackError as error:
            missing["lpips"] = str(error)
    return Tools(lpips, {metric: missing[metric] for metric in metrics if metric in missing})
