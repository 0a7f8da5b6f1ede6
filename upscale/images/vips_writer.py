"""Encoding with libvips: jpg, png, tiff, webp, avif and still gif, row by row where the format allows it.

libvips would write the metadata too, but through libexif, which moves maker notes and adds tags, and XMP in PNG where
nobody looks for it: so we put it in.
"""

import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyvips

from upscale.errors import OutputError
from upscale.images.avif_exif import with_exif, with_room
from upscale.images.encoding import Encoding
from upscale.images.jpeg_head import jpeg_head
from upscale.images.metadata import Metadata
from upscale.images.picture import RowPicture, Samples
from upscale.images.png_chunks import PHYS_BYTES, png_chunks
from upscale.images.result_metadata import metadata_of
from upscale.images.row_source import RowSource
from upscale.images.tag_directories import extend
from upscale.images.tiff_header import layout_of
from upscale.images.tiff_metadata import tiff_tags
from upscale.images.webp_chunks import with_chunks
from upscale.vips_setup import prepare

# Measured on enlarged photographs. PNG of 4.2 MP at level 3: sub 8.7 MB in 0.23 s, paeth 7.8 MB in 0.28 s, all 7.8 MB
# in 0.35 s; level 1, paeth: 11.1 MB in 0.18 s; level 6, sub: 8.7 MB in 0.24 s. WebP effort 2 gives the size of effort
# 4 in half its time. JPEG's optimised Huffman tables save 3 % for 2.7 times the time. AVIF effort 2: 0.9 s for a MP.
PNG_FILTER = "paeth"
_WEBP_EFFORT = 2
_AVIF_EFFORT = 2
_KEEP_EXIF, _KEEP_ICC_XMP = 1, 8 | 2  # VipsForeignKeep
_PNG_START_BYTES = 8 + 25  # signature and IHDR
_JPEG_START_BYTES = 2
_FULL_COLOUR_QUALITY = 90  # as libvips has it
_DPI_72 = 72 / 25.4  # EXIF 2.3, table 4: what is taken where nothing is known; TIFF needs to say something
_FORMATS: dict[np.dtype[Any], str] = {
    np.dtype(np.uint8): "uchar",
    np.dtype(np.uint16): "ushort",
    np.dtype(np.float32): "float",
}
_BYTES = {name: dtype.itemsize for dtype, name in _FORMATS.items()}
_INTERPRETATIONS = {
    ("uchar", 1): "b-w",
    ("uchar", 3): "srgb",
    ("ushort", 1): "grey16",
    ("ushort", 3): "rgb16",
}


def write(path: Path, pieces: Iterator[Samples], picture: RowPicture, format_name: str, encoding: Encoding) -> None:
    """Encode rows as they come; see `writer.write`. Shape of each piece: (n, width, 1 to 4)."""
    prepare()
    first = next(pieces)
    whole = first.shape[0] == picture.height
    rows = None if whole else RowSource(layout_of(first, picture.height), chain([first], pieces))
    metadata = metadata_of(picture, encoding)
    with path.open("wb+") as file:
        try:
            image = described(_in_memory(first) if rows is None else rows.image(), metadata)
            _encode(image, file, format_name, encoding, metadata)
        except pyvips.Error as error:
            if rows is not None and rows.error is not None:
                raise rows.error from error
            raise refusal(error, file) from error


def _in_memory(samples: Samples) -> pyvips.Image:
    height, width, channels = samples.shape
    return pyvips.Image.new_from_memory(samples.data, width, height, channels, _FORMATS[samples.dtype])


def image_of(samples: Samples, metadata: Metadata) -> pyvips.Image:
    """Samples that are in memory as an image of libvips. Shape: (height, width, 1 to 4)."""
    return described(_in_memory(samples), metadata)


def described(image: pyvips.Image, metadata: Metadata) -> pyvips.Image:
    """The image with the meaning of its channels."""
    colours = 1 if image.bands < 3 else 3
    horizontal, vertical = metadata.pixels_per_mm or (_DPI_72, _DPI_72)
    return image.copy(
        interpretation=_INTERPRETATIONS.get((image.format, colours), "b-w" if colours == 1 else "scrgb"),
        xres=horizontal,
        yres=vertical,
    )


def _encode(image: pyvips.Image, file: BinaryIO, format_name: str, encoding: Encoding, metadata: Metadata) -> None:
    if format_name == "jpg":
        _encode_jpg(image, file, encoding, metadata)
    elif format_name == "png":
        _encode_png(image, file, encoding, metadata)
    elif format_name == "tiff":
        _encode_tiff(image, file, encoding, metadata)
    elif format_name == "webp":
        file.write(webp(image, encoding, metadata))
    elif format_name == "gif":
        image.gifsave_target(target_of(file), keep="none")
    else:
        file.write(_avif(image, encoding, metadata))


def _encode_jpg(image: pyvips.Image, file: BinaryIO, encoding: Encoding, metadata: Metadata) -> None:
    """The encoder begins within our head, so that its mark of the start falls on the head's end, which is restored."""
    head, quality = jpeg_head(metadata), encoding.quality_of("jpg")
    place = len(head) - _JPEG_START_BYTES
    file.write(head[:place])
    target = target_of(file)
    image.jpegsave_target(target, Q=quality, subsample_mode=_subsample_mode(encoding, quality), keep="none")
    file.seek(place)
    file.write(head[place:])


def _encode_png(image: pyvips.Image, file: BinaryIO, encoding: Encoding, metadata: Metadata) -> None:
    """The encoder leaves room for our chunks; then its header moves to the front, and its pHYs gives way to ours."""
    chunks = png_chunks(metadata)
    place = len(chunks) - PHYS_BYTES
    file.write(bytes(place))
    target = target_of(file)
    image.pngsave_target(target, compression=encoding.png_level, filter=PNG_FILTER, keep="none")
    file.seek(place)
    start = file.read(_PNG_START_BYTES)
    file.seek(0)
    file.write(start + chunks)


def _encode_tiff(image: pyvips.Image, file: BinaryIO, encoding: Encoding, metadata: Metadata) -> None:
    predictor = "float" if image.format == "float" else "horizontal"
    # Offsets of plain TIFF end at 4 GiB; what cannot be compressed grows a little.
    large = image.width * image.height * image.bands * _BYTES[image.format] > 0.99 * 2**32
    target = target_of(file)
    image.tiffsave_target(
        target,
        compression=encoding.tiff_compression,
        predictor=predictor,
        bigtiff=large,
        Q=encoding.quality_of("tiff"),
        resunit="inch",
        keep="none",
    )
    extend(file, tiff_tags(metadata))


def webp(image: pyvips.Image, encoding: Encoding, metadata: Metadata) -> bytes:
    """A WebP file."""
    # exact: else what is invisible gets other colours.
    encoded = image.webpsave_buffer(
        Q=encoding.quality_of("webp"),
        lossless=encoding.lossless,
        exact=encoding.lossless,
        effort=_WEBP_EFFORT,
        keep="none",
    )
    return with_chunks(encoded, metadata, (image.height, image.width), alpha=image.bands == 4)


def _avif(image: pyvips.Image, encoding: Encoding, metadata: Metadata) -> bytes:
    quality = encoding.quality_of("avif")
    encoded: bytes = with_room(image, metadata).heifsave_buffer(
        compression="av1",
        Q=quality,
        lossless=encoding.lossless,
        subsample_mode=_subsample_mode(encoding, quality),
        effort=_AVIF_EFFORT,
        keep=_KEEP_ICC_XMP | (_KEEP_EXIF if metadata.exif else 0),  # without a block libvips makes one up
    )
    return with_exif(encoded, metadata)


def _subsample_mode(encoding: Encoding, quality: int) -> str:
    full = encoding.subsampling == "444" or (encoding.subsampling == "auto" and quality >= _FULL_COLOUR_QUALITY)
    return "off" if full or encoding.lossless else "on"


def target_of(file: BinaryIO) -> pyvips.Target:
    """libvips writes on from where the file is, in a descriptor of its own."""
    file.flush()
    return pyvips.Target.new_to_descriptor(file.fileno())


def refusal(error: pyvips.Error, file: BinaryIO) -> OutputError:
    """What libvips says; raises the OSError that hides behind it, for its texts seldom say that the disk is full."""
    file.seek(0, os.SEEK_END)
    file.write(bytes(2**16))
    file.flush()
    lines = [line.strip() for line in str(error.detail).splitlines() if line.strip()]
    return OutputError(lines[-1] if lines else "the encoder gave no reason")
