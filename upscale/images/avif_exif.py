"""EXIF in AVIF files: libheif makes the boxes, for a block of the right size that then gives way to ours."""

import struct

import pyvips

from upscale.images.metadata import Metadata
from upscale.images.tag_directories import UNDEFINED, Form, Value, directory_bytes

# A tag of any length, and the content that it is known by.
_USER_COMMENT, _EXIF = 0x9286, 0x8769
_MARK = b"\xb5room for metadata\xb5"
_PREFIX = b"Exif\0\0"


def with_room(image: pyvips.Image, metadata: Metadata) -> pyvips.Image:
    """The image with all blocks, but for EXIF a block that libvips makes at least as long as ours."""
    described = image.copy()
    tags = directory_bytes({_EXIF: {_USER_COMMENT: Value(UNDEFINED, _filler(metadata.exif or b""))}}, 8, Form())
    blocks = {
        "icc-profile-data": metadata.icc,
        "xmp-data": metadata.xmp,
        "exif-data": _PREFIX + b"II*\0" + struct.pack("<I", 8) + tags if metadata.exif else None,
    }
    for field, block in blocks.items():
        if block:
            described.set_type(pyvips.GValue.blob_type, field, block)
    return described


def _filler(exif: bytes) -> bytes:
    return _MARK + bytes(len(exif))


def with_exif(encoded: bytes, metadata: Metadata) -> bytes:
    """The file with our block in that place, followed by zeros, which no reader looks at.

    libvips leaves a block out if it is longer than 65 kB: then there is no place, and the file stays as it is.
    """
    if not metadata.exif:
        return encoded
    filler = _filler(metadata.exif)
    room = encoded.find(filler)
    prefix = encoded.rfind(_PREFIX, 0, max(room, 0))
    if prefix < 0:
        return encoded
    start, end = prefix + len(_PREFIX), room + len(filler)
    return encoded[:start] + metadata.exif.ljust(end - start, b"\0") + encoded[end:]
