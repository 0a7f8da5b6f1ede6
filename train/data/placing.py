"""Where decoded pictures go: onto the GPU, into memory, or into a file, by what there is room for."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from upscale.train.data.cache import Cache, cached
from upscale.train.data.filling import fill
from upscale.train.data.scanning import Lost
from upscale.train.data.sources import Source, fingerprint
from upscale.train.data.store import Layout, Store, store_of
from upscale.train.data.threads import Hear

from upscale.engine.footprint import free_bytes

# To be raised where the same files would give other bytes: what is in a cache then is of no more use.
_VERSION = 1


@dataclass(frozen=True)
class Room:
    """What pictures may use: a device of which `processes` of this run have one each, and a folder for a file.

    `cache` is the folder asked for, None where only need makes a file, in `fallback`. `share` is what they may take of
    memory that is free: networks, activations and other programs want some too.
    """

    device: torch.device
    processes: int
    cache: Path | None
    fallback: Path
    share: float = 0.5


def load_store(
    sources: Sequence[Source], layout: Layout, room: Room, hear: Hear | None = None
) -> tuple[Store, list[Lost]]:
    """Decode the pictures into the best place that has room; damaged ones are left out, and returned.

    OutputError where a file is needed and cannot be written.
    """
    on_gpu = room.device.type == "cuda" and _fits(layout.total_bytes, room.device, room.share)
    in_memory = on_gpu or _fits(layout.total_bytes * room.processes, torch.device("cpu"), room.share)
    if room.cache is None and in_memory:
        flat = torch.empty(layout.total_bytes, dtype=torch.uint8, device=room.device if on_gpu else "cpu")
        lost = fill(sources, layout, hear, partial(_put, flat))
    else:
        pixels, lost = cached(_cache(sources, layout, room), partial(fill, sources, layout, hear))
        flat = torch.from_numpy(pixels).to(room.device if on_gpu else "cpu")
    mapped = not on_gpu and not (room.cache is None and in_memory)
    store = store_of(sources, layout, flat, mapped=mapped)
    return store.only(index for index in range(len(sources)) if index not in lost), list(lost.values())


def _fits(total_bytes: int, device: torch.device, share: float) -> bool:
    free = free_bytes(device)
    return free is None or total_bytes <= free * share


def _put(flat: Tensor, start: int, pixels: NDArray[np.uint8]) -> None:
    flat[start : start + pixels.size].copy_(torch.from_numpy(pixels))


def _cache(sources: Sequence[Source], layout: Layout, room: Room) -> Cache:
    key = f"{fingerprint(sources)}-x{layout.scale}-v{_VERSION}" + ("" if layout.with_lr else "-originals")
    return Cache(room.cache or room.fallback, key, layout.total_bytes, alone=room.cache is None)
