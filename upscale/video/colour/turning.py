"""How a clip wants to be turned and mirrored, and the pixels turned so."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

# A display matrix holds 16.16 numbers (ISO/IEC 14496-12, 6.2.2); less than this of a turn is rounding.
_ONE = 1 << 16
_ROUNDING = _ONE // 100


@dataclass(frozen=True)
class Turn:
    """Rows and columns swapped, then the rows, then the columns in reverse: the eight ways a picture can lie."""

    transposed: bool = False
    flip_rows: bool = False
    flip_columns: bool = False

    def size(self, height: int, width: int) -> tuple[int, int]:
        """(height, width) of a picture once turned."""
        return (width, height) if self.transposed else (height, width)

    def apply(self, picture: Tensor) -> Tensor:
        """The picture as it is to be seen. Shape: (..., H, W) -> (..., H, W) or (..., W, H)."""
        moved = picture.transpose(-2, -1) if self.transposed else picture
        axes = [axis for axis, flipped in ((-2, self.flip_rows), (-1, self.flip_columns)) if flipped]
        return (moved.flip(axes) if axes else moved).contiguous()


def turn_of(matrix: Sequence[int]) -> Turn | None:
    """What a display matrix asks for; None where it is no turn by quarters (a slant, a perspective).

    The matrix sends column p, row q to column a p + c q, row b p + d q, where a, b, c, d are its numbers 0, 1, 3
    and 4. Lengths are not looked at: a clip is scaled by its sample aspect.
    """
    a, b, c, d = (0 if abs(matrix[at]) <= _ROUNDING else matrix[at] for at in (0, 1, 3, 4))
    if a and d and not b and not c:
        return Turn(False, d < 0, a < 0)
    if b and c and not a and not d:
        return Turn(True, b < 0, c < 0)
    return None
