"""Pictures that are kept out of training: their middles, with low resolutions like those that are trained on."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from upscale.train.data.degraded import Part, degraded
from upscale.train.data.filling import decode, say_changes
from upscale.train.data.pair import Pair, pair_of
from upscale.train.data.scanning import Lost
from upscale.train.data.sources import Search, find_sources, warn_lost
from upscale.train.data.store import Store
from upscale.train.data.threads import in_threads
from upscale.train.degrade.grammar import Degradation
from upscale.train.randomness import numpy_for

# High-resolution pixels a side, of a photograph.
_MIDDLE_PX = 512
# Two borders of `scale` pixels are cut before measuring.
_SMALLEST_PX = 4


@dataclass(frozen=True)
class Making:
    """How low resolutions are made: by a degradation, None where whole pictures have one; seeded by the run."""

    scale: int
    degradation: Degradation | None
    seed: int


def held_of(store: Store, indices: Iterable[int], making: Making) -> list[Pair]:
    """Pictures of a store, by their indices into its layout."""
    return [middle(store.names[index], store.lr_of(index), store.hr_of(index), making) for index in indices]


def load_held(search: Search, making: Making) -> list[Pair]:
    """The pictures of a folder, of which no more than the middles stay in memory.

    UsageError where none can be used.
    """
    sources = find_sources(search, smallest_px=_SMALLEST_PX, use="validation")
    changes = []

    def one(index: int) -> Pair | Lost:
        decoded = decode(sources.usable[index], making.scale, with_lr=making.degradation is None)
        if isinstance(decoded, Lost):
            return decoded
        original, lr = decoded
        changes.append(original.changes)
        return middle(sources.usable[index].name, lr, original.pixels, making)

    results = in_threads(one, range(len(sources.usable)))
    warn_lost(sources, [result for result in results if isinstance(result, Lost)])
    say_changes(changes)
    return [result for result in results if isinstance(result, Pair)]


def middle(name: str, lr: NDArray[np.uint8] | None, hr: NDArray[np.uint8], making: Making) -> Pair:
    """At most 512 pixels a side of an original, with its low resolution. Shape: (h, w, 3), (h * scale, w * scale, 3).

    A degradation draws by the picture's name, so that others beside it change nothing.
    """
    scale = making.scale
    side = _MIDDLE_PX // scale
    height, width = (length // scale for length in hr.shape[:2])
    top, left = (max(0, (length - side) // 2) for length in (height, width))
    part = Part(top, left, min(side, height - top), min(side, width - left))
    if making.degradation is not None:
        return pair_of(
            name, *degraded(hr, part, scale, making.degradation, numpy_for(making.seed, 0, f"held {name!a}"))
        )
    if lr is None:
        raise ValueError(f"{name} has no low resolution, and none is to be made")
    inside = np.s_[top * scale : (top + part.height) * scale, left * scale : (left + part.width) * scale]
    return pair_of(name, lr[top : top + part.height, left : left + part.width], hr[inside])
