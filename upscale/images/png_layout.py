"""How a PNG file is built: its signature, and chunks (PNG specification, third edition, section 5)."""

import struct
import zlib
from collections.abc import Iterator

from upscale.images.tag_directories import Block

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_FRAME_BYTES = 12  # of a chunk, around its body: size and kind before it, checksum behind it


def chunk(kind: bytes, body: bytes | memoryview) -> bytes:
    """One chunk."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum(kind, body))


def checksum(kind: bytes, body: bytes | memoryview) -> int:
    """What stands behind a chunk's body."""
    return zlib.crc32(body, zlib.crc32(kind))


def places(content: Block | memoryview, at: int = len(SIGNATURE)) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of each whole chunk; the body lies 8 bytes behind the start, and 4 before the end."""
    while at + _FRAME_BYTES <= len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        end = at + _FRAME_BYTES + size
        if end > len(content):
            return
        yield kind, at, end
        at = end
