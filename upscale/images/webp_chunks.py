"""The chunks of a WebP file that tell of the picture (RFC 9649, section 2.7)."""

import struct
from collections.abc import Iterator

from upscale.images.metadata import Metadata

_ICC, _ALPHA, _EXIF, _XMP = 0x20, 0x10, 0x08, 0x04  # the flags of VP8X
_HEADER_BYTES = 12


def with_chunks(encoded: bytes, metadata: Metadata, size_px: tuple[int, int], *, alpha: bool) -> bytes:
    """A still picture as the encoder gave it, with blocks around its samples."""
    if not (metadata.icc or metadata.exif or metadata.xmp):
        return encoded
    flags = _ALPHA if alpha else 0
    before = after = b""
    if metadata.icc:
        before, flags = chunk(b"ICCP", metadata.icc), flags | _ICC
    if metadata.exif:
        after, flags = chunk(b"EXIF", metadata.exif), flags | _EXIF
    if metadata.xmp:
        after, flags = after + chunk(b"XMP ", metadata.xmp), flags | _XMP
    samples = b"".join(whole for kind, whole in chunks(encoded) if kind in (b"ALPH", b"VP8 ", b"VP8L"))
    height, width = (side - 1 for side in size_px)
    extent = struct.pack("<I", width)[:3] + struct.pack("<I", height)[:3]
    body = b"WEBP" + chunk(b"VP8X", struct.pack("<I", flags) + extent) + before + samples + after
    return b"RIFF" + struct.pack("<I", len(body)) + body


def chunk(kind: bytes, body: bytes) -> bytes:
    """One chunk, filled up to an even size."""
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def chunks(encoded: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and whole of each chunk of a file."""
    at = _HEADER_BYTES
    while at + 8 <= len(encoded):
        kind, size = struct.unpack_from("<4sI", encoded, at)
        end = at + 8 + size + size % 2
        yield kind, encoded[at:end]
        at = end
