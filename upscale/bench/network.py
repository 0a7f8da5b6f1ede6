"""The network alone: pictures that lie on the device, results that are dropped as they come."""

from collections.abc import Sequence

import torch

from upscale.bench.cases import Engine, Sample, Workload
from upscale.bench.pictures import smooth_noise
from upscale.bench.timing import seconds_of
from upscale.engine.bands import TensorSource
from upscale.engine.upscaler import Upscaler

# Pictures smaller than this come together, as many as fill it, unless a batch is asked for.
_FULL_PX = 128 * 128


def measure_network(engine: Engine, workload: Workload, batch: int | None) -> Sample:
    """Time the stream of one batch of pictures."""
    height, width = workload.height, workload.width
    count = batch or max(1, _FULL_PX // (height * width))
    device = engine.upscaler.device
    sources = sources_on(device, count, height, width)
    seconds = [seconds_of(lambda: run_network(engine.upscaler, sources), device) for _ in range(workload.runs)]
    return Sample(height, width, count, tuple(seconds))


def sources_on(device: torch.device, count: int, height: int, width: int) -> list[TensorSource]:
    """Different pictures of one size, on the device."""
    sources = []
    for seed in range(count):
        picture = torch.from_numpy(smooth_noise(height, width, seed)).to(device)
        sources.append(TensorSource(picture.permute(2, 0, 1).float().div(255).contiguous()))
    return sources


def run_network(upscaler: Upscaler, sources: Sequence[TensorSource]) -> None:
    """Enlarge the pictures and keep nothing."""
    for _ in upscaler.stream(sources):
        pass
