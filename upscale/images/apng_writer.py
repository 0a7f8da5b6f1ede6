"""Animated PNG: frames that were encoded as PNGs of their own, joined. PNG specification, third edition, 11.3.6."""

import struct
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import BinaryIO

from upscale.images.animation import Animation
from upscale.images.difference import changed
from upscale.images.picture import Samples
from upscale.images.png_layout import SIGNATURE, chunk, places

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
        png = encode(frame[rows, columns])
        encoded = [(kind, png[start:end]) for kind, start, end in places(png)]
        if before is None:
            counts = struct.pack(">II", animation.frames, animation.plays)
            file.write(SIGNATURE + encoded[0][1] + chunk(b"acTL", counts) + kept)
        place = (columns.stop - columns.start, rows.stop - rows.start, columns.start, rows.start)
        # Kept as it is for the next frame, and put in place of what was there.
        file.write(chunk(b"fcTL", struct.pack(">5I2H2B", number, *place, *_ratio(delay_s), 0, 0)))
        number += 1
        for kind, whole in encoded:
            if kind == b"IDAT" and before is None:
                file.write(whole)
            elif kind == b"IDAT":
                file.write(chunk(b"fdAT", struct.pack(">I", number) + whole[8:-4]))
                number += 1
        before = frame
    file.write(chunk(b"IEND", b""))


def _ratio(delay_s: Fraction) -> tuple[int, int]:
    """A delay as two numbers of 16 bits, exact wherever it can be."""
    if max(delay_s.numerator, delay_s.denominator) <= _MOST:
        return delay_s.numerator, delay_s.denominator
    per_second = next((units for units in (1000, 100, 10) if delay_s * units <= _MOST), 1)
    return min(round(delay_s * per_second), _MOST), per_second
