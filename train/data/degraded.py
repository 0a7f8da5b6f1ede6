"""Low resolutions that are made crop by crop, as the world makes them."""

from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray
from upscale.train.data.pair import turn
from upscale.train.data.places import Places
from upscale.train.data.store import Store
from upscale.train.degrade.grammar import Degradation
from upscale.train.degrade.plan import degrade
from upscale.train.randomness import numpy_for

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Part:
    """A part of a picture, in low-resolution pixels, and the symmetry in which it is seen."""

    top: int
    left: int
    height: int
    width: int
    symmetry: int = 0


@dataclass(frozen=True)
class Numbered:
    """Where a run's crops get their random numbers from: its seed, and the number of the first of these crops."""

    seed: int
    first: int


def degraded_crops(
    store: Store, places: Places, crop: int, degradation: Degradation, numbered: Numbered
) -> tuple[Pixels, Pixels]:
    """What degrading makes of crops, and the crops.

    Shape: (N, crop, crop, 3), (N, crop * scale, crop * scale, 3).
    """
    wheres = zip(*(side.tolist() for side in astuple(places)), strict=True)
    sides = [
        degraded(
            store.hr_of(picture),
            Part(top, left, crop, crop, symmetry),
            store.layout.scale,
            degradation,
            numpy_for(numbered.seed, numbered.first + index, "degrade"),
        )
        for index, (picture, top, left, symmetry) in enumerate(wheres)
    ]
    lr, hr = zip(*sides, strict=True)
    return np.stack(lr), np.stack(hr)


def degraded(
    picture: Pixels, part: Part, scale: int, degradation: Degradation, rng: np.random.Generator
) -> tuple[Pixels, Pixels]:
    """The low resolution and the original of a part; first turned, so that rain falls down in every crop.

    They are cut from a larger part, as far as the picture goes, so that no filter sees a crop's edge.
    Shape: (height, width, 3), (height * scale, width * scale, 3), or transposed.
    """
    hr, inner = surrounded(picture, part, scale, degradation.margin_px)
    lr = degrade(hr, scale, degradation, rng)
    return lr[inner], hr[tuple(slice(side.start * scale, side.stop * scale) for side in inner)]


def surrounded(picture: Pixels, part: Part, scale: int, margin_px: int) -> tuple[Pixels, tuple[slice, slice]]:
    """A part with as much of a margin as the picture allows, turned; and where in it, in low resolution, it lies."""
    margin = -(-margin_px // scale)
    top, left = min(margin, part.top), min(margin, part.left)
    bottom = min(margin, picture.shape[0] // scale - part.top - part.height)
    right = min(margin, picture.shape[1] // scale - part.left - part.width)
    rows = slice((part.top - top) * scale, (part.top + part.height + bottom) * scale)
    columns = slice((part.left - left) * scale, (part.left + part.width + right) * scale)
    hr = np.ascontiguousarray(turn(picture[rows, columns], part.symmetry))
    return hr, _turned(part, (top, bottom), (left, right))


def _turned(part: Part, rows: tuple[int, int], columns: tuple[int, int]) -> tuple[slice, slice]:
    """Where the part lies within itself and its margins (before and behind it), once that is turned."""
    top, left = rows[part.symmetry >> 1 & 1], columns[part.symmetry & 1]
    inner = slice(top, top + part.height), slice(left, left + part.width)
    return inner[::-1] if part.symmetry & 4 else inner
