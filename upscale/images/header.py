"""What a file says of its picture before anything is decoded."""

from dataclasses import dataclass, replace
from pathlib import Path

import av
import numpy as np
import pyvips

from upscale.errors import BadInputError
from upscale.images import apng_film, ffmpeg_reader, vips_reader
from upscale.images.animation import refuse_too_large
from upscale.images.band_reader import BLOCK_BYTES, comes_by_rows
from upscale.images.formats import sniff
from upscale.images.image_io import LIMIT_PX, WHOLE_BYTES
from upscale.images.picture import Picture
from upscale.vips_setup import prepare

_TYPES: dict[str, type[np.generic]] = {"uchar": np.uint8, "ushort": np.uint16}
# From 5 on the sides change places (EXIF 2.32, 4.6.4).
_FIRST_TURNED = 5
# The number of frames stands before the samples; before it there may be a colour profile.
_APNG_HEAD_BYTES = 2**16


@dataclass(frozen=True)
class Header:
    """Size of the upright picture, in pixels; whether it has alpha; the type of its samples.

    `by_rows`: it can be decoded row by row, and is if it is large. `frames`: more than one for an animation.
    """

    height: int
    width: int
    alpha: bool
    dtype: type[np.generic]
    by_rows: bool = False
    frames: int = 1

    def blank(self) -> Picture:
        """A picture like it, which takes no memory."""
        zero = np.zeros(1, self.dtype)
        alpha = np.broadcast_to(zero, (self.height, self.width, 1)) if self.alpha else None
        return Picture(np.broadcast_to(zero, (self.height, self.width, 3)), alpha)

    @property
    def decoded_bytes(self) -> int:
        """What is decoded at once, at most."""
        whole_bytes = self.height * self.width * (3 + self.alpha) * np.dtype(self.dtype).itemsize
        return BLOCK_BYTES if self.by_rows and whole_bytes > WHOLE_BYTES else whole_bytes


def read_header(path: Path, limit_px: int = LIMIT_PX) -> Header | None:
    """None for what will be refused (no picture, damaged, above `limit_px`), or whose header only its decoder reads."""
    try:
        header = _read(path)
        if header is not None:
            refuse_too_large(header.frames, (header.height, header.width), limit_px)
    except (OSError, av.FFmpegError, BadInputError):
        return None
    return header


def _read(path: Path) -> Header | None:
    with path.open("rb") as file:
        name = sniff(head := file.read(_APNG_HEAD_BYTES), path)
        file.seek(0)
        if name in vips_reader.FORMATS:
            with vips_reader.explained():
                header = _by_vips(file.fileno(), name)
            return replace(header, frames=apng_film.claimed_frames(head)) if name == "png" else header
    return _by_ffmpeg(path) if name in ffmpeg_reader.FORMATS else None


def _by_vips(descriptor: int, name: str) -> Header:
    prepare()
    image = pyvips.Image.new_from_source(pyvips.Source.new_from_descriptor(descriptor), "", access="sequential")
    orientation = image.get("orientation") if image.get_typeof("orientation") else 1
    height, width = image.height, image.width
    if orientation >= _FIRST_TURNED:
        height, width = width, height
    # A progressive JPEG is decoded by rows, but its coefficients are held, and take as much as the picture.
    progressive = image.get_typeof("jpeg-multiscan") and image.get("jpeg-multiscan")
    by_rows = comes_by_rows(image, name) and not progressive
    frames = image.get("n-pages") if name in ("gif", "webp") and image.get_typeof("n-pages") else 1
    return Header(height, width, image.hasalpha(), _TYPES.get(image.format, np.float32), by_rows, frames)


def _by_ffmpeg(path: Path) -> Header | None:
    # Else FFmpeg takes a name such as "concat:a.tga" for a protocol.
    with av.open(str(path.absolute())) as container:
        if not container.streams.video:
            return None
        codec = container.streams.video[0].codec_context
        if not (codec.height and codec.width and codec.format):
            return None
        deepest = max(component.bits for component in codec.format.components)
        alpha = any(component.is_alpha for component in codec.format.components)
        return Header(codec.height, codec.width, alpha, np.uint8 if deepest <= 8 else np.uint16)
