"""The rows of all windows, at one place of the network, that the layers behind it still need."""

from torch import Tensor


class RowBuffer:
    """Consecutive rows in one block of memory, so that no layer's input has to be put together.

    Rows are numbered from the first row of the stream, 0; `reach` rows of zeros lie above it.
    """

    def __init__(self, windows: int, width: int, channels: int, reach: int, like: Tensor) -> None:
        self._memory = like.new_zeros(windows, reach, width, channels)
        self._reach = reach
        self._index = 0
        self._top = -reach
        self.end = 0

    def append(self, count: int) -> Tensor:
        """Room for the next rows, to be filled. Shape: (windows, count, width, C)."""
        kept = self.end - self._top
        if self._index + kept + count > self._memory.shape[1]:
            rows = self._memory[:, self._index : self._index + kept]
            windows, capacity, width, channels = self._memory.shape
            if kept + count > capacity:
                # The frame below a picture comes last and must not move everything once more.
                self._memory = rows.new_empty(windows, kept + count + self._reach, width, channels)
            else:
                rows = rows.clone()
            self._memory[:, :kept] = rows
            self._index = 0
        self.end += count
        return self.rows(self.end - count, self.end)

    def rows(self, top: int, bottom: int) -> Tensor:
        """Rows top <= y < bottom. Shape: (windows, bottom - top, width, C)."""
        return self._memory[:, self._index + top - self._top : self._index + bottom - self._top]

    def forget(self, row: int) -> None:
        """Rows above this one will not be asked for again."""
        self._index += row - self._top
        self._top = row


def as_picture(rows: Tensor) -> Tensor:
    """One window's rows as a layer wants them, without a copy. Shape: (n, width, C) -> (1, C, n, width)."""
    return rows.permute(2, 0, 1)[None]


def as_rows(picture: Tensor) -> Tensor:
    """The reverse. Shape: (1, C, n, width) -> (n, width, C)."""
    return picture[0].permute(1, 2, 0)


def quiet(rows: Tensor, runs: list[tuple[int, int]]) -> None:
    """Zero these runs of rows. Shape: (..., n, width, C)."""
    for top, bottom in runs:
        rows[..., top:bottom, :, :].zero_()
