"""The geometry of tiles: equal windows, where they join, and how they fade into each other. Pure."""

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor


@dataclass(frozen=True)
class Span:
    """One tile along one axis, in input pixels.

    The network sees start <= x < stop. The tile is responsible for first <= x < end; within `fade_in` of
    `first` and `fade_out` of `end`, to both sides, it shares that with its neighbour.
    """

    start: int
    stop: int
    first: int
    end: int
    fade_in: int
    fade_out: int

    @property
    def used(self) -> tuple[int, int]:
        """The part of the window that reaches the result."""
        return self.first - self.fade_in, self.end + self.fade_out

    def weights(self, scale: int) -> Tensor:
        """The share of each output sample of `used` that this tile gives. Shape: (samples * scale,)."""
        low, high = self.used
        weights = torch.ones((high - low) * scale)
        if self.fade_in:
            weights[: 2 * self.fade_in * scale] = _ramp(2 * self.fade_in * scale)
        if self.fade_out:
            weights[-2 * self.fade_out * scale :] = 1 - _ramp(2 * self.fade_out * scale)
        return weights


@dataclass(frozen=True)
class Tile:
    """A window of the picture: the product of a span of rows and a span of columns."""

    rows: Span
    columns: Span


def plan_tiles(height: int, width: int, *, tile: int, overlap: int, fade: int = 0) -> list[Tile]:
    """Tiles of about `tile` useful pixels a side, all windows of one size, every output pixel covered.

    Each tile sees at least `overlap` pixels beyond what it is responsible for, except at the picture's edge.
    `fade` is the reach of blending to each side of a joint, at most `overlap`; 0 cuts exactly.
    """
    rows = plan_spans(height, tile=tile, overlap=overlap, fade=fade)
    columns = plan_spans(width, tile=tile, overlap=overlap, fade=fade)
    return [Tile(row, column) for row in rows for column in columns]


def plan_spans(length: int, *, tile: int, overlap: int, fade: int = 0) -> list[Span]:
    """The tiles along one axis; see `plan_tiles`."""
    window = min(length, tile + 2 * overlap)
    count = 1 if window == length else math.ceil((length - 2 * overlap) / tile)
    starts = [index * (length - window) // max(1, count - 1) for index in range(count)]
    joints = [0, *((right + left + window) // 2 for left, right in pairwise(starts)), length]
    # Blending zones of neighbouring joints must not meet.
    fades = [0, *[min(fade, overlap, _room(joints, index)) for index in range(1, count)], 0]
    return [
        Span(start, start + window, joints[i], joints[i + 1], fades[i], fades[i + 1]) for i, start in enumerate(starts)
    ]


def _room(joints: list[int], index: int) -> int:
    return min(joints[index] - joints[index - 1], joints[index + 1] - joints[index]) // 2


def _ramp(samples: int) -> Tensor:
    """From 0 to 1 along half a cosine, at sample centres."""
    return 0.5 - 0.5 * torch.cos((torch.arange(samples) + 0.5) / samples * math.pi)
