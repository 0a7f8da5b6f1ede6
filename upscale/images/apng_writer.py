"""Animated PNG: frames that were encoded as PNGs of their own, joined. PNG specification, third edition, 11.3.6."""

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import BinaryIO

from upscale.images.animation import Animation
from upscale.images.difference import changed
from upscale.images.picture import Samples

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MOST = 2**16 - 1  # of a delay's numerator and denominator


def write(
    file: BinaryIO, frames: Iterable[Samples], animation: Animation, encode: Callable[[Samples], bytes], kept: bytes
) -> None:
    """Each frame as the part of it that differs from the one before. `kept`: chunks for the place behind the header.

    `encode` makes a PNG of a frame's part; all frames have one shape and type.
    """
    before: Samples | None = None
    number = 0  # of frame controls and data together
    for frame, delay_s in zip(frames, animation.delays_s, strict=True):
        rows, columns = changed(before, frame)
        encoded = list(_chunks(encode(frame[rows, columns])))
        if before is None:
            counts = struct.pack(">II", animation.frames, animation.plays)
            file.write(_SIGNATURE + encoded[0][1] + _chunk(b"acTL", counts) + kept)
        place = (columns.stop - columns.start, rows.stop - rows.start, columns.start, rows.start)
        # Kept as it is for the next frame, and put in place of what was there.
        file.write(_chunk(b"fcTL", struct.pack(">5I2H2B", number, *place, *_ratio(delay_s), 0, 0)))
        number += 1
        for kind, whole in encoded:
            if kind == b"IDAT" and before is None:
                file.write(whole)
            elif kind == b"IDAT":
                file.write(_chunk(b"fdAT", struct.pack(">I", number) + whole[8:-4]))
                number += 1
        before = frame
    file.write(_chunk(b"IEND", b""))


def _ratio(delay_s: Fraction) -> tuple[int, int]:
    """A delay as two numbers of 16 bits, exact wherever it can be."""
    if max(delay_s.numerator, delay_s.denominator) <= _MOST:
        return delay_s.numerator, delay_s.denominator
    per_second = next((units for units in (1000, 100, 10) if delay_s * units <= _MOST), 1)
    return min(round(delay_s * per_second), _MOST), per_second


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _chunks(encoded: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at < len(encoded):
        size, kind = struct.unpack_from(">I4s", encoded, at)
        yield kind, encoded[at : at + 12 + size]
        at += 12 + size
