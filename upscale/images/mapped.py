"""Pictures with other samples, also of those whose rows are still in their file."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from upscale.errors import UpscaleError
from upscale.images.picture import Picture, Rows, Samples


@dataclass(frozen=True)
class MappedRows:
    """Rows as they come, each block put through `change`, which keeps its height and width."""

    rows: Rows
    change: Callable[[Samples], Samples]

    @property
    def error(self) -> UpscaleError | None:
        """Why no more rows can be read."""
        return self.rows.error

    def read(self, top: int, bottom: int) -> Samples:
        """Rows top <= y < bottom."""
        return self.change(self.rows.read(top, bottom))


def mapped(picture: Picture, change: Callable[[Samples], Samples]) -> Picture:
    """The picture with its colours, but not its alpha, changed point by point."""
    if picture.rows is None:
        return replace(picture, pixels=change(picture.pixels))
    first = change(np.ascontiguousarray(picture.pixels[:1]))
    shape = (picture.height, *first.shape[1:])
    return replace(picture, pixels=np.broadcast_to(first[:1, :1], shape), rows=MappedRows(picture.rows, change))
