"""Running out of memory is not the end: what is done at once is halved, remembered, and the work goes on."""

from dataclasses import dataclass, replace

import torch

_CPU_REFUSALS = ("can't allocate memory", "not enough memory", "out of memory")
_SMALLEST_TILE = 16


@dataclass(frozen=True)
class Limits:
    """What is done at once: pictures or windows in a batch, rows in a band, useful pixels a side of a tile.

    `batch` is None while as many go together as pay; `tile` is None where pictures stream by rows, and 0
    where they go through whole.
    """

    batch: int | None
    band: int
    tile: int | None


def halve(limits: Limits, *, together: int, side: int) -> Limits | None:
    """The next smaller limits, None if there are none.

    `together` pictures or windows were just tried at once, of pictures whose longer side is `side`.
    """
    if together > 1:
        return replace(limits, batch=together // 2)
    if limits.tile is None:
        return replace(limits, band=limits.band // 2) if limits.band > 1 else None
    tile = (min(limits.tile, side) or side) // 2
    return replace(limits, tile=tile) if tile >= _SMALLEST_TILE else None


def is_out_of_memory(error: RuntimeError | MemoryError) -> bool:
    """Whether this is the allocator of the device, or of the host, refusing."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return any(words in str(error).lower() for words in _CPU_REFUSALS)
