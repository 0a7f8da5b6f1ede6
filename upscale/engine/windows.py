"""Column windows: a wide picture as narrow ones beside each other, whose rows fit a processor's first cache.

Neighbours overlap by a few columns. What a layer gets wrong at a window's inner edge is right in its neighbour, and
is fetched there after each group of layers; so windows are as exact as the whole, and nearly nothing is computed
twice. At the picture's own edges a window ends in zeros, as the picture does.
"""

from dataclasses import dataclass
from itertools import groupby, pairwise

from torch import Tensor

_GRAIN = 8
# Useful columns of a window that is made narrower only so that there are more of them to share.
_NARROWEST = 56


@dataclass(frozen=True)
class Windows:
    """Windows of one size, in input pixels. `starts`: their first columns; `width`: the picture's."""

    width: int
    size: int
    starts: tuple[int, ...]

    @property
    def joints(self) -> tuple[int, ...]:
        """The columns where the responsibility of one window ends and that of the next begins."""
        inner = ((right + left + self.size) // 2 for left, right in pairwise(self.starts))
        return (0, *inner, self.width)

    def refresh(self, rows: Tensor, reach: int, factor: int) -> None:
        """Fetch the outermost `reach` columns at inner edges from the neighbours.

        Shape: (windows, n, size * factor, C); `reach` in these columns, at most half of the overlap.
        """
        size = self.size * factor
        shifts = [(right - left) * factor for left, right in pairwise(self.starts)]
        index = 0
        for shift, run in groupby(shifts):
            left = slice(index, index + len(list(run)))
            right = slice(left.start + 1, left.stop + 1)
            rows[left, :, size - reach :] = rows[right, :, size - reach - shift : size - shift]
            rows[right, :, :reach] = rows[left, :, shift : shift + reach]
            index = left.stop


def plan_windows(width: int, *, size: int, overlap: int, threads: int = 1) -> Windows:
    """Windows of about `size` columns, neighbours sharing at least `overlap`; one window if that is enough.

    Several `threads` are to have equally many of them.
    """
    # Narrower ones would fetch columns that their neighbours have to fetch themselves.
    size = max(size, 2 * overlap)
    count = _even(max(1, -(-(width - overlap) // (size - overlap))), width, overlap, threads)
    if count == 1:
        return Windows(width, width, (0,))
    size = -(-(width + overlap * (count - 1)) // count)
    # Pictures of other widths find the layers for these sizes prepared, which takes a tenth of a second for each.
    size = -(-size // _GRAIN) * _GRAIN
    if size >= width:
        return Windows(width, width, (0,))
    count = _even(-(-(width - overlap) // (size - overlap)), width, overlap, threads)
    starts = [index * (width - size) // (count - 1) for index in range(count)]
    return Windows(width, size, tuple(starts))


def _even(count: int, width: int, overlap: int, threads: int) -> int:
    """So many windows or a few more, unless they became so narrow that their overlaps count."""
    more = -(-count // threads) * threads
    return more if width >= more * _NARROWEST + overlap else count
