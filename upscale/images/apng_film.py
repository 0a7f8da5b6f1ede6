"""Animated PNG: which frames a file has, each to be decoded as a PNG of its own; libvips knows the first picture only.

PNG specification, third edition, section 11.3.6.
"""

import struct
from collections.abc import Iterator
from fractions import Fraction

from upscale.errors import BadInputError
from upscale.images.film import After, Film, Part
from upscale.images.png_layout import SIGNATURE, checksum, chunk, places

_CUT_SHORT = "it is damaged or cut short"
_AFTER: tuple[After, ...] = ("keep", "clear", "restore")
_ALPHA = (4, 6)  # IHDR's colour types
_IHDR_BYTES = 13
_CHECKED = (b"IHDR", b"PLTE", b"tRNS", b"acTL", b"fcTL", b"fdAT")


def claimed_frames(content: bytes) -> int:
    """How many frames a PNG says it has, of which the beginning is enough; 1 for a still picture."""
    for kind, body in _chunks(content):
        if kind == b"acTL" and len(body) == 8:
            return int.from_bytes(body[:4])
        if kind == b"IDAT":
            break
    return 1


def read(content: bytes) -> Film:
    """All frames. Raises BadInputError, with a bare reason, where one is missing."""
    header, has_alpha, expected, plays, ended = b"", False, None, 0, False
    parts: list[Part] = []
    for kind, body in _chunks(content):
        if kind == b"IHDR":
            header, has_alpha = bytes(body), body[9] in _ALPHA
        elif kind == b"tRNS":
            has_alpha = True
        elif kind == b"acTL" and len(body) == 8 and expected is None:  # the first counts, as for `claimed_frames`
            expected, plays = struct.unpack(">II", body)
        elif kind == b"fcTL":
            parts.append(_part(body, header))
        elif kind == b"IDAT" and parts:  # before the first frame it is the picture for others than us
            parts[-1].data.append(body)
        elif kind == b"fdAT" and parts:
            parts[-1].data.append(body[4:])
        ended = kind == b"IEND"
    if not ended or not parts or len(parts) != expected or not all(part.data for part in parts):
        raise BadInputError(_CUT_SHORT)
    width, height = struct.unpack(">II", header[:8])
    return Film((height, width), has_alpha, plays, parts)


def as_png(content: bytes, part: Part) -> bytes:
    """A frame as a picture of its own, with what its samples need to be understood."""
    before = b""
    for kind, body in _chunks(content):
        if kind == b"IHDR":
            before += chunk(kind, struct.pack(">II", *reversed(part.size_px)) + body[8:])
        elif kind in (b"PLTE", b"tRNS"):
            before += chunk(kind, body)
        elif kind in (b"IDAT", b"fdAT"):
            break
    return SIGNATURE + before + chunk(b"IDAT", b"".join(part.data)) + chunk(b"IEND", b"")


def _part(body: memoryview, header: bytes) -> Part:
    """What a frame control says; raises BadInputError for a place beyond the canvas."""
    if len(body) != 26 or not header:
        raise BadInputError(_CUT_SHORT)
    width, height, left, top, number, denominator, after, blend = struct.unpack(">4xIIIIHHBB", body)
    across, down = struct.unpack(">II", header[:8])
    if not (0 < width <= across - left and 0 < height <= down - top and after < len(_AFTER)):
        raise BadInputError(_CUT_SHORT)
    delay_s = Fraction(number, denominator or 100)  # 0 stands for hundredths
    return Part(slice(top, top + height), slice(left, left + width), delay_s, _AFTER[after], blend == 1, [])


def _chunks(content: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Kind and body of each whole chunk up to IEND; raises BadInputError for a wrong sum, and where IHDR is not first.

    What follows IEND is no part of the picture.
    """
    view = memoryview(content)
    for kind, start, end in places(view):
        body = view[start + 8 : end - 4]
        if (kind == b"IHDR") != (start == len(SIGNATURE)) or (kind == b"IHDR" and len(body) != _IHDR_BYTES):
            raise BadInputError(_CUT_SHORT)
        if kind in _CHECKED and int.from_bytes(view[end - 4 : end]) != checksum(kind, body):
            raise BadInputError(_CUT_SHORT)
        yield kind, body
        if kind == b"IEND":
            return
