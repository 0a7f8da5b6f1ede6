"""Which pictures go through the network together."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

from upscale.engine.bands import LrSource

# Up to this many input pixels share a batch where the user names no number: beyond it a CPU core's cache is full
# and a GPU is busy anyway.
AUTO_BATCH_PX = 128 * 128
_MOST = 64

_Source = TypeVar("_Source", bound=LrSource)


def group(sources: Iterable[_Source], batch: Callable[[], int | None]) -> Iterator[list[_Source]]:
    """Runs of neighbouring sources of equal size, order kept.

    `batch` tells how many at most, anew for each source, since it may shrink on the way; None: as many small
    ones as pay.
    """
    waiting: list[_Source] = []
    for source in sources:
        if waiting and not _alike(waiting[0], source):
            yield waiting
            waiting = []
        waiting.append(source)
        if len(waiting) >= _limit(source, batch()):
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _alike(one: LrSource, other: LrSource) -> bool:
    return (one.height, one.width) == (other.height, other.width)


def _limit(source: LrSource, batch: int | None) -> int:
    if batch is not None:
        return max(1, batch)
    return max(1, min(_MOST, AUTO_BATCH_PX // (source.height * source.width)))


@dataclass(frozen=True)
class SourceBatch:
    """Pictures of one size, read side by side."""

    members: list[LrSource]
    device: torch.device

    @property
    def height(self) -> int:
        """Rows of each picture, in pixels."""
        return self.members[0].height

    @property
    def width(self) -> int:
        """Columns of each picture, in pixels."""
        return self.members[0].width

    def read(self, top: int, bottom: int) -> Tensor:
        """Rows of all members on the device. Shape: (N, 3, bottom - top, width), float32, channels last."""
        rows = [member.read(top, bottom).to(self.device, torch.float32, non_blocking=True) for member in self.members]
        return torch.stack(rows).contiguous(memory_format=torch.channels_last)
