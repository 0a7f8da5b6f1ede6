"""Animated WebP: frames that were encoded as files of their own, joined. RFC 9649, section 2.7.1.

libwebp's own encoder of animations drops a frame that is equal to the one before and adds up their delays.
"""

import struct
from collections.abc import Callable, Iterable
from typing import BinaryIO

from upscale.images.animation import Animation
from upscale.images.difference import changed
from upscale.images.metadata import Metadata
from upscale.images.picture import Samples
from upscale.images.webp_chunks import chunk, chunks

_ICC, _ALPHA, _EXIF, _XMP, _ANIMATION = 0x20, 0x10, 0x08, 0x04, 0x02  # the flags of VP8X
_IN_PLACE_OF_ALL = 0x02  # a frame's flag: not blended with what was there
_LONGEST_MS = 2**24 - 1
_MOST_PLAYS = 2**16 - 1


def write(
    file: BinaryIO,
    frames: Iterable[Samples],
    animation: Animation,
    encode: Callable[[Samples], bytes],
    metadata: Metadata,
) -> None:
    """Each frame as the part of it that differs from the one before. `encode` makes a WebP file of such a part."""
    before: Samples | None = None
    for frame, delay_ms in zip(frames, animation.delays(1000), strict=True):
        if before is None:
            file.write(_head(frame, animation, metadata))
        part, left, top = _part(before, frame)
        height, width = part.shape[:2]
        place = b"".join(_24_bits(number) for number in (left // 2, top // 2, width - 1, height - 1))
        head = place + _24_bits(min(delay_ms, _LONGEST_MS)) + bytes([_IN_PLACE_OF_ALL])
        samples = b"".join(whole for kind, whole in chunks(encode(part)) if kind in (b"ALPH", b"VP8 ", b"VP8L"))
        file.write(chunk(b"ANMF", head + samples))
        before = frame
    if metadata.exif:
        file.write(chunk(b"EXIF", metadata.exif))
    if metadata.xmp:
        file.write(chunk(b"XMP ", metadata.xmp))
    size = file.tell()
    file.seek(4)
    file.write(struct.pack("<I", size - 8))


def _part(before: Samples | None, frame: Samples) -> tuple[Samples, int, int]:
    """What has changed, and its left and top, which are even in this format."""
    rows, columns = changed(before, frame)
    top, left = rows.start // 2 * 2, columns.start // 2 * 2
    return frame[top : rows.stop, left : columns.stop], left, top


def _head(frame: Samples, animation: Animation, metadata: Metadata) -> bytes:
    """All before the first frame, without the size of the file."""
    present = {
        _ANIMATION: True,
        _ALPHA: frame.shape[2] == 4,
        _ICC: bool(metadata.icc),
        _EXIF: bool(metadata.exif),
        _XMP: bool(metadata.xmp),
    }
    flags = sum(flag for flag, there in present.items() if there)
    height, width = frame.shape[:2]
    extent = struct.pack("<I", flags) + _24_bits(width - 1) + _24_bits(height - 1)
    profile = chunk(b"ICCP", metadata.icc) if metadata.icc else b""
    control = struct.pack("<IH", 0, min(animation.plays, _MOST_PLAYS))
    return b"RIFF" + bytes(4) + b"WEBP" + chunk(b"VP8X", extent) + profile + chunk(b"ANIM", control)


def _24_bits(number: int) -> bytes:
    return struct.pack("<I", number)[:3]
