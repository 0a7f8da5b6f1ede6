"""The two ends of the engine: where rows come from, and the finished rows it gives back."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor


class LrSource(Protocol):
    """A picture, or a frame, whose rows can be read in any order, more than once."""

    @property
    def height(self) -> int:
        """Rows, in pixels."""

    @property
    def width(self) -> int:
        """Columns, in pixels."""

    def read(self, top: int, bottom: int) -> Tensor:
        """Rows top <= y < bottom, RGB.

        Shape: (3, bottom - top, width), float32, nominally [0, 1]; video may lie outside. Any device.
        """


@dataclass(frozen=True)
class TensorSource:
    """A picture that is in memory already. Shape of `picture`: (3, height, width), float, nominally [0, 1]."""

    picture: Tensor

    @property
    def height(self) -> int:
        """Rows, in pixels."""
        return self.picture.shape[1]

    @property
    def width(self) -> int:
        """Columns, in pixels."""
        return self.picture.shape[2]

    def read(self, top: int, bottom: int) -> Tensor:
        """Rows top <= y < bottom. Shape: (3, bottom - top, width)."""
        return self.picture[:, top:bottom]


@dataclass(frozen=True)
class SrBand:
    """Finished rows of one enlarged picture, still on the device.

    Shape of `rows`: (3, n, width * scale), float32, not clamped. `top` is their first row in the enlarged
    picture.
    """

    source: LrSource
    top: int
    rows: Tensor


def assemble(bands: Iterable[SrBand], scale: int) -> Iterator[Tensor]:
    """Whole enlarged pictures from the bands of `Upscaler.stream`, in order.

    Shape of each: (3, height * scale, width * scale), float32, not clamped, on the bands' device.
    """
    rows: list[Tensor] = []
    for band in bands:
        rows.append(band.rows)
        if band.top + band.rows.shape[1] == band.source.height * scale:
            whole = torch.cat(rows, dim=1) if len(rows) > 1 else rows[0]
            rows = []  # before the yield: else the picture is held twice while somebody works on it
            yield whole
