"""How much is done at once; and where memory runs out, half of it, remembered, and the work goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch

from upscale.errors import UpscaleError

# Beyond this many input pixels at once a CPU core's cache is full, and a GPU is busy anyway.
AUTO_BATCH_PX = 128 * 128
_MOST_TOGETHER = 64
# Larger pictures are never held back for one another, whatever batch was asked for.
_SMALL_PX = 512 * 512
_SMALLEST_TILE = 16
# A band of a narrow picture has more rows, but no more than this: pictures are held back for it.
_MOST_ROWS = 256
# oneDNN has no words of its own for a refused allocation.
_REFUSALS = (
    "can't allocate memory",
    "not enough memory",
    "out of memory",
    "alloc_failed",
    "could not create a primitive",
)


@dataclass(frozen=True)
class Limits:
    """What is done at once.

    `batch`: pictures or windows, None as many as `batch_px` holds. `band`: rows of a streamed picture, more where
    `band_px` holds more of them. `tile`: useful pixels a side of a tile, 0 for the whole picture, None to stream by
    rows.
    """

    batch: int | None
    band: int
    tile: int | None
    batch_px: int = AUTO_BATCH_PX
    band_px: int = 0

    def rows(self, width: int) -> int:
        """Rows of a band so wide."""
        return max(self.band, min(_MOST_ROWS, self.band_px // width))

    def together(self, pixels: int) -> int:
        """How many pieces of so many pixels go through together."""
        if self.batch is not None:
            return self.batch
        return max(1, min(_MOST_TOGETHER, self.batch_px // pixels))

    def pictures(self, height: int, width: int) -> int:
        """How many pictures of this size wait for each other; with tiles only such as are hardly more than one."""
        pixels = height * width
        if pixels > _SMALL_PX or (self.tile and pixels > self.tile**2):
            return 1
        return self.together(pixels)


def halve(limits: Limits, *, together: int, pixels: int, side: int) -> Limits | None:
    """The next smaller limits, None if there are none.

    `together` pieces of `pixels` were just tried at once, of pictures whose longer side is `side`. First the
    batch is halved, then the band or the tile; a picture of which not even one row fits goes on in tiles.
    """
    if together > 1:
        batch = None if limits.batch is None else max(1, together // 2)
        return replace(limits, batch=batch, batch_px=min(limits.batch_px, pixels * (together // 2)))
    if limits.tile is None and limits.band > 1:
        return replace(limits, band=limits.band // 2, band_px=limits.band_px // 2)
    tile = (min(limits.tile or side, side)) // 2
    return replace(limits, tile=tile) if tile >= _SMALLEST_TILE else None


def is_out_of_memory(error: RuntimeError | MemoryError) -> bool:
    """Whether this is the allocator of the device, or of the host, refusing."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return any(words in str(error).lower() for words in _REFUSALS)


@contextmanager
def enough_for(what: str, device: torch.device) -> Iterator[None]:
    """Where memory runs out in here, UpscaleError names `what` it was wanted for."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise UpscaleError(f"not enough memory on {device} for {what}; free some, or ask for a smaller one") from error
