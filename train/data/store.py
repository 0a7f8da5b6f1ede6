"""Pictures of one kind, one after another in flat memory, wherever that is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from upscale.train.data.sources import Source


@dataclass(frozen=True)
class Layout:
    """Where each picture lies: sizes and starts in low-resolution pixels; everything is known before decoding.

    Shape: (pictures,) each. The originals come first, then, unless they are made later, the low resolutions.
    """

    scale: int
    heights: NDArray[np.int64]
    widths: NDArray[np.int64]
    starts: NDArray[np.int64]
    with_lr: bool

    @property
    def lr_pixels(self) -> int:
        """All low-resolution pixels together."""
        return int((self.heights * self.widths).sum())

    @property
    def hr_bytes(self) -> int:
        """All originals together."""
        return 3 * self.lr_pixels * self.scale**2

    @property
    def total_bytes(self) -> int:
        """Everything together."""
        return self.hr_bytes + 3 * self.lr_pixels * self.with_lr

    def hr_start(self, index: int) -> int:
        """The byte at which an original begins."""
        return 3 * int(self.starts[index]) * self.scale**2

    def lr_start(self, index: int) -> int:
        """The byte at which a low resolution begins."""
        return self.hr_bytes + 3 * int(self.starts[index])


def lay_out(sources: Sequence[Source], scale: int, *, with_lr: bool) -> Layout:
    """Pictures one after another, in their order."""
    heights = np.array([source.height for source in sources], np.int64)
    widths = np.array([source.width for source in sources], np.int64)
    ends = np.cumsum(heights * widths)
    return Layout(scale, heights, widths, ends - heights * widths, with_lr)


@dataclass(frozen=True)
class Store:
    """Decoded pictures to be cropped.

    `kept` are the indices into `layout` and `names` of those that count. `lr` is None where low resolutions are made
    crop by crop. `mapped`: the memory is a file, and slow where it is not in the system's cache.
    Shape: hr (pixels, 3), lr (pixels, 3), uint8.
    """

    names: tuple[str, ...]
    layout: Layout
    kept: NDArray[np.int64]
    hr: Tensor
    lr: Tensor | None
    mapped: bool = False

    def __len__(self) -> int:
        return len(self.kept)

    @property
    def kept_names(self) -> list[str]:
        """The names of those that count, relative to their folder."""
        return [self.names[index] for index in self.kept]

    def only(self, kept: Iterable[int]) -> "Store":
        """The same memory with fewer pictures, by their indices into `layout`."""
        return replace(self, kept=np.array(list(kept), np.int64))

    def hr_of(self, index: int) -> NDArray[np.uint8]:
        """An original, by its index into `layout`; a view where the memory is the computer's. Shape: (H, W, 3)."""
        return self._picture(self.hr, index, self.layout.scale)

    def lr_of(self, index: int) -> NDArray[np.uint8] | None:
        """Its low resolution, likewise, where there is one already. Shape: (h, w, 3)."""
        return None if self.lr is None else self._picture(self.lr, index, 1)

    def _picture(self, flat: Tensor, index: int, zoom: int) -> NDArray[np.uint8]:
        height, width = int(self.layout.heights[index]) * zoom, int(self.layout.widths[index]) * zoom
        start = int(self.layout.starts[index]) * zoom**2
        pixels: NDArray[np.uint8] = flat[start : start + height * width].cpu().numpy()
        return pixels.reshape(height, width, 3)


def store_of(sources: Sequence[Source], layout: Layout, flat: Tensor, *, mapped: bool) -> Store:
    """All the pictures of a flat memory. Shape: (layout.total_bytes,), uint8."""
    hr, lr = flat[: layout.hr_bytes].view(-1, 3), flat[layout.hr_bytes :].view(-1, 3)
    names = tuple(source.name for source in sources)
    return Store(names, layout, np.arange(len(names)), hr, lr if layout.with_lr else None, mapped)
