"""The two ends of the engine: where rows come from, and the finished rows it gives back."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from upscale.engine.memory import enough_for


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


def joined(
    bands: Iterable[SrBand], size_of: Callable[[LrSource], tuple[int, int]]
) -> Iterator[tuple[LrSource, Tensor]]:
    """Each source with its whole result, in order; `size_of` says how high and wide that is.

    Shape of each: (3, height, width), float32, not clamped, on the bands' device. Raises UpscaleError where memory
    does not suffice.
    """
    whole = torch.empty(0)
    for band in bands:
        height, width = size_of(band.source)
        bottom = band.top + band.rows.shape[1]
        if band.rows.shape[1] == height:
            yield band.source, band.rows
            continue
        if band.top == 0:
            with enough_for(f"a result of {width} x {height} pixels", band.rows.device):
                whole = band.rows.new_empty(band.rows.shape[0], height, width)
        whole[:, band.top : bottom] = band.rows
        if bottom == height:
            finished, whole = whole, torch.empty(0)  # else it is held while somebody works on it
            yield band.source, finished


def assemble(bands: Iterable[SrBand], scale: int) -> Iterator[Tensor]:
    """Whole enlarged pictures from the bands of `Upscaler.stream`, in order.

    Shape of each: (3, height * scale, width * scale), float32, not clamped, on the bands' device.
    """
    for _, picture in joined(bands, lambda source: (source.height * scale, source.width * scale)):
        yield picture
