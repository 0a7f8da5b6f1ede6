"""The matrix peak: what the machine reaches on the product that networks are made of."""

import time

import torch

from upscale.device import synchronise

_SIDE = 2048
_TRIES = 6
# A slow machine, or arithmetic that it emulates, gets fewer tries.
_PATIENCE_S = 3.0
# On a GPU one product is shorter than the way to it and back; there several are queued, and their mean counts.
_QUEUED = {"cpu": 1, "cuda": 50, "mps": 10}


@torch.inference_mode()
def matrix_peak(device: torch.device, dtype: torch.dtype) -> float:
    """GFLOP/s of a 2048 x 2048 x 2048 product in this arithmetic, best of six."""
    noise = torch.Generator().manual_seed(0)
    a, b = (torch.rand(_SIDE, _SIDE, generator=noise).to(device, dtype) for _ in range(2))
    queued = _QUEUED[device.type]
    best_s, begun_s = float("inf"), time.perf_counter()
    for _ in range(_TRIES):
        best_s = min(best_s, _seconds(a, b, queued))
        if time.perf_counter() - begun_s > _PATIENCE_S:
            break
    return 2 * _SIDE**3 * queued / best_s / 1e9


def _seconds(a: torch.Tensor, b: torch.Tensor, queued: int) -> float:
    synchronise(a.device)
    begun_s = time.perf_counter()
    for _ in range(queued):
        a @ b
    synchronise(a.device)
    return time.perf_counter() - begun_s
