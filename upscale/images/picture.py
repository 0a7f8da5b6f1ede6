"""A picture in memory, or on its way to a file, with all that has to survive its enlargement."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from upscale.errors import BadInputError, UpscaleError
from upscale.images.animation import Animation

Samples = NDArray[Any]
"""uint8, uint16 or float32."""

WHITE = {np.dtype(np.uint8): 255, np.dtype(np.uint16): 65535, np.dtype(np.float32): 1}
"""The value of full brightness, by type: never guessed from the values."""


class Rows(Protocol):
    """Samples that are decoded when they are asked for, from top to bottom."""

    @property
    def error(self) -> UpscaleError | None:
        """Why no more rows can be read; None as long as they can."""

    def read(self, top: int, bottom: int) -> Samples:
        """Rows top <= y < bottom; nothing but zeros once there is an error. Shape: (bottom - top, width, channels)."""


@dataclass(frozen=True)
class Picture:
    """Upright pixels and what travels with them.

    Shape of `pixels`: (height, width, 1 or 3), gray or RGB, uint8, uint16 or float32 (nominally [0, 1]).
    Shape of `alpha`: (height, width, 1), of the same type, not premultiplied.
    `icc`, `exif`, `xmp` are the blocks as the file had them, but for the orientation, which is 1.
    `iptc` holds IPTC-IIM records, without what JPEG and TIFF wrap around them. `png_chunks`: whole chunks that
    nothing but PNG has a place for, such as texts. `animation`: how the frames follow of which this is the first.
    `rows`: where the pixels come from if they are too many to be in memory; `pixels` has nothing but their shape and
    type then.
    `pixels_per_mm`: horizontal and vertical, as a hint for printers. `pages`: of how many in the file this is the
    first, an animation's frames not counted.
    """

    pixels: Samples
    alpha: Samples | None = None
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    pixels_per_mm: tuple[float, float] = (1.0, 1.0)
    iptc: bytes | None = None
    png_chunks: bytes = b""
    animation: Animation | None = None
    rows: Rows | None = None
    pages: int = 1

    @property
    def height(self) -> int:
        """Rows, in pixels."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns, in pixels."""
        return int(self.pixels.shape[1])

    @property
    def depth(self) -> int:
        """Bits per sample: 8, 16 or 32."""
        return 8 * self.pixels.dtype.itemsize

    @property
    def transparent(self) -> bool:
        """Whether any pixel lets something shine through."""
        if self.alpha is None:
            return False
        # Not by comparing each, which would take memory even for a `Header.blank()`.
        white = WHITE[self.alpha.dtype]
        return bool(self.alpha.min() != white or self.alpha.max() != white)

    def with_samples(self, pixels: Samples, alpha: Samples | None) -> "Picture":
        """The same picture with other samples."""
        return replace(self, pixels=pixels, alpha=alpha)


@dataclass(frozen=True, eq=False)
class RowPicture:
    """A picture that comes piece by piece, from top to bottom, and may be larger than the memory.

    Shape of each of `pieces`: (n, width, channels), n >= 1, colour and then alpha where `like` has alpha.
    Type, channels and all that travels with the pixels are those of `like`.
    """

    like: Picture
    height: int
    width: int
    pieces: Iterable[Samples]


def in_one_piece(picture: Picture) -> RowPicture:
    """A picture that is in memory, as one that comes in pieces."""
    return RowPicture(picture, picture.height, picture.width, [with_alpha(picture.pixels, picture.alpha)])


def with_alpha(pixels: Samples, alpha: Samples | None) -> Samples:
    """Colour and alpha side by side. Shape: (height, width, 1 or 3) -> (height, width, 1 to 4)."""
    return pixels if alpha is None else np.concatenate([pixels, alpha], axis=2)


def refuse_not_finite(samples: Samples) -> None:
    """Raises BadInputError, with a bare reason, for NaNs and infinities, as float pictures may hold them.

    A network would spread them over everything within its reach.
    """
    if samples.dtype == np.float32 and not np.isfinite(samples).all():
        raise BadInputError("it holds samples that are no numbers")
