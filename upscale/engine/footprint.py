"""How much memory a band of a residual network takes, and the band that stays within what there is."""

from dataclasses import replace
from pathlib import Path

import torch

from upscale.engine.crew import threads_for
from upscale.engine.trunk import Trunk
from upscale.engine.trunkstream import BandSize, windows_for

# Of the memory that is free: pictures, encoders and other programs want some too.
_SHARE = 0.5


def free_bytes(device: torch.device) -> int | None:
    """Memory that could be had without taking it from anybody, None where the system does not tell."""
    if device.type == "cuda":
        # What torch keeps for its next tensors is free as well.
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(torch.cuda.mem_get_info(device)[0]) + kept
    # Linux: MemAvailable counts what caches would give back, which sysconf's free pages do not.
    meminfo = Path("/proc/meminfo")
    if device.type != "cpu" or not meminfo.exists():
        return None
    words = next((line.split() for line in meminfo.read_text().splitlines() if line.startswith("MemAvailable")), [])
    left = [int(words[1]) * 1024] if len(words) > 1 else []
    return min([*left, *_container_bytes()], default=None)


def _container_bytes() -> list[int]:
    """What a container's own limit leaves, if there is one (control groups, version 2)."""
    group = Path("/sys/fs/cgroup")
    try:
        limit, used = ((group / name).read_text().strip() for name in ("memory.max", "memory.current"))
    except OSError:
        return []
    return [max(0, int(limit) - int(used))] if limit.isdecimal() and used.isdecimal() else []


def within(trunk: Trunk, size: BandSize, width: int, most_bytes: int | None) -> BandSize:
    """The band, or one of so few rows that it takes at most `most_bytes`; None: half of the memory that is free."""
    if most_bytes is None:
        free = free_bytes(trunk.head.device)
        most_bytes = None if free is None else int(free * _SHARE)
    while most_bytes is not None and size.rows > 1 and band_bytes(trunk, size, width) > most_bytes:
        size = replace(size, rows=size.rows // 2)
    return size


def band_bytes(trunk: Trunk, size: BandSize, width: int) -> int:
    """An estimate of what a band takes at its peak: what is kept from band to band, and the windows on their way."""
    windows = windows_for(trunk, width, size.columns)
    at_once = threads_for(trunk.head.device, len(windows.starts))
    columns = len(windows.starts) * windows.size
    lag = sum(section.reach for section in (*trunk.blocks, trunk.body))
    # At the bottom a band is higher by all rows that were held back.
    rows = size.rows + 2 * lag
    # The head's output, features and arena; what each block carries to the next band.
    values = trunk.head.outputs * columns * (4 * rows + 2 * lag)
    factor = 1
    for step in trunk.steps:
        values += step.convs[0].inputs * columns * rows * factor**2 if factor > 1 else 0
        widest = max(conv.outputs for conv in step.convs)
        # For the windows being worked on: input, output and what the library works in.
        values += 3 * widest * at_once * windows.size * rows * factor**2
        factor *= step.factor
    pixels = 2 * 3 * width * rows * trunk.scale**2
    return values * trunk.head.dtype.itemsize + pixels * torch.float32.itemsize
