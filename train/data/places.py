"""Where crops are taken, and the steps through flat memory that read them turned."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from upscale.train.data.store import Store
from upscale.train.randomness import numpy_for

SYMMETRIES = 8


@dataclass(frozen=True)
class Places:
    """Crops: indices into the store's layout, top and left in low-resolution pixels, symmetries. Shape: (N,) each."""

    picture: NDArray[np.int64]
    top: NDArray[np.int64]
    left: NDArray[np.int64]
    symmetry: NDArray[np.int64]

    def part(self, start: int, stop: int) -> "Places":
        """Some of them."""
        return Places(*(side[start:stop] for side in (self.picture, self.top, self.left, self.symmetry)))


class Chooser:
    """Draws crops of `crop` low-resolution pixels a side, every position of every picture as likely as any other."""

    def __init__(self, store: Store, crop: int) -> None:
        self._kept = store.kept
        self._columns = store.layout.widths[store.kept] - crop + 1
        self._ends = np.cumsum(self._columns * (store.layout.heights[store.kept] - crop + 1))

    def draw(self, seed: int, step: int, count: int) -> Places:
        """A pure function of its arguments."""
        numbers = numpy_for(seed, step, "crops").integers(SYMMETRIES * self._ends[-1], size=count)
        symmetry, position = numbers % SYMMETRIES, numbers // SYMMETRIES
        which = np.searchsorted(self._ends, position, side="right")
        first = np.concatenate([[0], self._ends])[which]
        top, left = np.divmod(position - first, self._columns[which])
        return Places(self._kept[which], top, left, symmetry)


def walks(places: Places, store: Store, side: int, zoom: int) -> NDArray[np.int64]:
    """Start, step down and step right, in pixels of flat memory, of crops of `side` pixels. Shape: (N, 3).

    `zoom` is 1 in low resolutions and the scale in originals. As `turn`: mirrored, then flipped, then transposed.
    """
    width = store.layout.widths[places.picture] * zoom
    first = store.layout.starts[places.picture] * zoom**2 + places.top * zoom * width + places.left * zoom
    mirrored, flipped, transposed = (places.symmetry >> bit & 1 for bit in range(3))
    first += (side - 1) * (flipped * width + mirrored)
    rows, columns = width * (1 - 2 * flipped), 1 - 2 * mirrored
    down, right = np.where(transposed, columns, rows), np.where(transposed, rows, columns)
    return np.stack([first, down, right], axis=1)


def gather(flat: Tensor, walked: Tensor, side: int) -> Tensor:
    """The crops, in one operation on the memory's own device. Shape: (pixels, 3), (N, 3) -> (N, 3, side, side).

    Channels last, as they lie in memory.
    """
    steps = torch.arange(side, device=flat.device)
    first, down, right = walked[:, :, None, None].unbind(1)
    index = first + down * steps[:, None] + right * steps
    return flat.index_select(0, index.view(-1)).view(-1, side, side, 3).permute(0, 3, 1, 2)
