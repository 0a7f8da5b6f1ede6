"""Pictures of one width under each other in one endless stream of rows, blank rows between them.

The blank rows are the zeros that frame a picture: they have to be zero before every layer.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from upscale.engine.bands import LrSource


@dataclass(frozen=True)
class Piece:
    """Rows top <= y < bottom of a picture, at row `row` of the lane."""

    source: LrSource
    top: int
    bottom: int
    row: int


class Lane:
    """Which rows of the stream belong to which picture; `gap` blank rows lie between two of them."""

    def __init__(self, gap: int) -> None:
        self._gap = gap
        self._placed: list[tuple[int, LrSource]] = []
        self.end = 0

    def place(self, source: LrSource) -> None:
        """Append a picture."""
        start = self.end + self._gap if self._placed else 0
        self._placed.append((start, source))
        self.end = start + source.height

    def pieces(self, top: int, bottom: int, scale: int) -> Iterator[Piece]:
        """The parts of pictures in these rows of the stream, `scale` times as high as its input."""
        for start, source in self._placed:
            first, last = max(top, start * scale), min(bottom, (start + source.height) * scale)
            if first < last:
                yield Piece(source, first - start * scale, last - start * scale, first)

    def blanks(self, top: int, bottom: int, scale: int) -> Iterator[tuple[int, int]]:
        """The runs of these rows that belong to no picture, counted from `top`."""
        row = top
        for piece in self.pieces(top, bottom, scale):
            if piece.row > row:
                yield row - top, piece.row - top
            row = piece.row + piece.bottom - piece.top
        if row < bottom:
            yield row - top, bottom - top

    def forget(self, row: int) -> None:
        """Nothing above this row will be asked for again."""
        while len(self._placed) > 1 and self._placed[1][0] <= row:
            self._placed.pop(0)
