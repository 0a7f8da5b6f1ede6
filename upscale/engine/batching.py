"""Which pictures go through the network together."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

from upscale.engine.bands import LrSource

_Source = TypeVar("_Source", bound=LrSource)


def group(sources: Iterable[_Source], most: Callable[[_Source], int]) -> Iterator[list[_Source]]:
    """Runs of neighbouring sources of equal size, order kept; `most` says how many pictures of this size."""
    waiting: list[_Source] = []
    for source in sources:
        if waiting and (waiting[0].height, waiting[0].width) != (source.height, source.width):
            yield waiting
            waiting = []
        waiting.append(source)
        if len(waiting) >= most(source):
            yield waiting
            waiting = []
    if waiting:
        yield waiting


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
