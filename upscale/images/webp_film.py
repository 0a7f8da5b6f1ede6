"""Animated WebP: which frames a file has, each to be decoded as a file of its own (RFC 9649, section 2.7.1).

libvips can read all frames at once, but keeps them in memory.
"""

import struct
from collections.abc import Iterator
from fractions import Fraction

from upscale.errors import BadInputError
from upscale.images.film import After, Film, Part

_CUT_SHORT = "it is damaged or cut short"
_FILE_HEADER_BYTES, _FRAME_HEADER_BYTES = 12, 16
_ANIMATION, _ALPHA = 0x02, 0x10  # the flags of VP8X
_CLEAR, _NOT_OVER = 0x01, 0x02  # a frame's flags


def is_animated(content: bytes) -> bool:
    """Whether a WebP file has several frames."""
    if not (content[12:16] == b"VP8X" and int.from_bytes(content[20:21], "little") & _ANIMATION):
        return False
    return sum(kind == b"ANMF" for kind, _ in _chunks(_body(content))) > 1


def read(content: bytes) -> Film:
    """All frames. Raises BadInputError, with a bare reason, where something is missing."""
    size_px, has_alpha, plays, parts = (0, 0), False, 0, list[Part]()
    if len(content) < _riff_end(content):
        raise BadInputError(_CUT_SHORT)
    for kind, body in _chunks(_body(content)):
        if kind == b"VP8X" and len(body) >= 10 and size_px == (0, 0):  # the first counts
            has_alpha = bool(body[0] & _ALPHA)
            size_px = _number(body[7:10]) + 1, _number(body[4:7]) + 1
        elif kind == b"ANIM" and len(body) >= 6:
            plays = _number(body[4:6])
        elif kind == b"ANMF":
            parts.append(_part(body, size_px))
    if not parts:
        raise BadInputError(_CUT_SHORT)
    return Film(size_px, has_alpha, plays, parts)


def as_webp(part: Part) -> bytes:
    """A frame as a picture of its own."""
    samples = b"".join(part.data)
    height, width = part.size_px
    extent = struct.pack("<I", _ALPHA) + struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    # Alpha beside the colours is for the extended layout only.
    head = b"VP8X" + struct.pack("<I", len(extent)) + extent if samples.startswith(b"ALPH") else b""
    return b"RIFF" + struct.pack("<I", 4 + len(head + samples)) + b"WEBP" + head + samples


def _part(body: memoryview, size_px: tuple[int, int]) -> Part:
    """What a frame's chunk says; raises BadInputError for a place beyond the canvas."""
    if len(body) < _FRAME_HEADER_BYTES:
        raise BadInputError(_CUT_SHORT)
    left, top, width, height, delay_ms = (_number(body[start : start + 3]) for start in range(0, 15, 3))
    rows, columns = slice(2 * top, 2 * top + height + 1), slice(2 * left, 2 * left + width + 1)
    if rows.stop > size_px[0] or columns.stop > size_px[1]:
        raise BadInputError(_CUT_SHORT)
    data = [whole for kind, whole in _wholes(body[_FRAME_HEADER_BYTES:]) if kind in (b"ALPH", b"VP8 ", b"VP8L")]
    after: After = "clear" if body[15] & _CLEAR else "keep"
    return Part(rows, columns, Fraction(delay_ms, 1000), after, not body[15] & _NOT_OVER, data)


def _riff_end(content: bytes) -> int:
    """Where the picture ends by its own word; a program may have put something of its own behind it."""
    return 8 + int.from_bytes(content[4:8], "little")


def _body(content: bytes) -> memoryview:
    """All chunks of a file."""
    return memoryview(content)[_FILE_HEADER_BYTES : _riff_end(content)]


def _number(body: memoryview) -> int:
    return int.from_bytes(body, "little")


def _chunks(view: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Kind and body of each chunk; raises BadInputError for one that goes beyond the end."""
    for kind, whole in _wholes(view):
        yield kind, whole[8 : 8 + int.from_bytes(whole[4:8], "little")]


def _wholes(view: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Kind and all of each chunk, its padding too."""
    at = 0
    while at + 8 <= len(view):
        kind, size = struct.unpack_from("<4sI", view, at)
        end = at + 8 + size + size % 2
        if at + 8 + size > len(view):
            raise BadInputError(_CUT_SHORT)
        yield kind, view[at:end]
        at = end
