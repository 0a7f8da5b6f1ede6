"""The yardsticks: matrix peak and peak memory."""

import math
import os

import pytest
import torch

from upscale.bench.peak import matrix_peak
from upscale.peak_memory import peak_bytes, process_peak_bytes, reset_peak

CPU = torch.device("cpu")


def test_peak_is_a_rate_and_leaves_the_random_numbers_alone() -> None:
    before = torch.get_rng_state()
    peak = matrix_peak(CPU, torch.float32)
    # Between a machine of the eighties and any that is known.
    assert 0.001 < peak < 1e7 and math.isfinite(peak)
    assert torch.equal(torch.get_rng_state(), before)


def test_memory_that_was_held_shows_and_a_reset_forgets_it() -> None:
    reset_peak(CPU)
    start = peak_bytes(CPU)
    if start is None:
        pytest.skip("this system does not tell a process's peak memory")
    size = 200 * 10**6
    held = torch.ones(size, dtype=torch.uint8)
    del held
    after = peak_bytes(CPU)
    assert after is not None and after > start + 0.9 * size
    assert after == process_peak_bytes()
    reset_peak(CPU)
    again = peak_bytes(CPU)
    assert again is not None and again <= after


@pytest.mark.gpu
def test_gpu_memory_is_the_allocators() -> None:
    if not torch.cuda.is_available() and os.environ.get("UPSCALE_REQUIRE_GPU") != "1":
        pytest.skip("no CUDA GPU")
    device = torch.device("cuda")
    reset_peak(device)
    start = peak_bytes(device) or 0
    held = torch.ones(10**8, dtype=torch.uint8, device=device)
    del held
    assert (peak_bytes(device) or 0) >= start + 10**8
