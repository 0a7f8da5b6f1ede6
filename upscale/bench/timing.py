"""Wall time of work on a device."""

import time
from collections.abc import Callable

import torch

from upscale.device import synchronise


def seconds_of(work: Callable[[], object], device: torch.device) -> float:
    """How long one call takes, until the device is done."""
    synchronise(device)
    begun_s = time.perf_counter()
    work()
    synchronise(device)
    return time.perf_counter() - begun_s
