"""How quick the engine is beside the same network run as most tools run it, in one run.

    python benchmarks/engine.py [height width]

Prints, for SRGAN x4 with random weights: eager fp32 and half precision on the whole picture, the rewritten network
on the whole picture, and the engine's stream by rows; each with its share of what a 2048^3 matrix product reached
just before, and the ratio to eager fp32. Medians of several runs; nothing else should run beside it.
"""

import statistics
import sys
import time
from collections.abc import Callable

import torch

from upscale.device import choose_device, choose_dtype
from upscale.engine.bands import TensorSource
from upscale.engine.precision import prepare
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.models.fuse import fuse
from upscale.models.srresnet import Srresnet, SrresnetConfig
from upscale.models.stages import run

RUNS = 3
MACS_PER_PIXEL = 2_218_000  # SRResNet x4, 16 blocks of 64 maps, for each low-resolution pixel


def seconds(work: Callable[[], object], device: torch.device) -> float:
    """Median time of one call, after one that is not counted."""
    taken = []
    for _ in range(RUNS + 1):
        begun = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken[1:])


def matrix_peak(device: torch.device, dtype: torch.dtype) -> float:
    """GFLOP/s of a 2048^3 product."""
    a, b = (torch.rand(2048, 2048, device=device).to(dtype) for _ in range(2))
    return 2 * 2048**3 / seconds(lambda: a @ b, device) / 1e9


@torch.inference_mode()
def main() -> None:
    height, width = (int(word) for word in sys.argv[1:3]) if len(sys.argv) > 2 else (256, 256)
    device = choose_device("auto")
    half = choose_dtype("auto", device)
    network = Srresnet(SrresnetConfig(4)).eval().to(device)
    stages = network.stages()
    picture = torch.rand(3, height, width, device=device)
    batch = picture[None].contiguous(memory_format=torch.channels_last)
    peak = matrix_peak(device, half)
    print(f"{device}, {half}, {height} x {width}: matrix peak {peak:.0f} GFLOP/s")

    plain, rewritten = (prepare(form, device, half) for form in (stages, fuse(stages)))
    upscaler = Upscaler(network, UpscaleOptions())
    eager_s = seconds(lambda: network(picture[None]), device)
    rows = {
        "eager fp32, whole": eager_s,
        f"eager {half}, whole": seconds(lambda: run(plain, batch), device),
        "rewritten, whole": seconds(lambda: run(rewritten, batch), device),
        "rewritten, streamed by rows": seconds(lambda: list(upscaler.stream([TensorSource(picture)])), device),
    }
    work = 2 * MACS_PER_PIXEL * height * width
    for name, taken in rows.items():
        rate = work / taken / 1e9
        print(f"{name:30s} {taken:8.3f} s  {rate:7.0f} GFLOP/s  {rate / peak:5.2f} of peak  {eager_s / taken:5.2f}x")


if __name__ == "__main__":
    main()
