"""Formats of a header and bare rows, which libvips does not write: ppm, pgm, pam, tga."""

import struct
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from upscale.errors import OutputError
from upscale.images.picture import Samples

FORMATS = ("ppm", "pgm", "pam", "tga")
_PAM_KINDS = {1: "GRAYSCALE", 2: "GRAYSCALE_ALPHA", 3: "RGB", 4: "RGB_ALPHA"}


def write(path: Path, size_px: tuple[int, int], pieces: Iterable[Samples], format_name: str) -> None:
    """Write rows as they come. Shape of each piece: (n, width, 1 to 4), uint8 or uint16.

    Raises OSError for what the file system refuses and OutputError with a bare reason for missing rows.
    """
    header, ordered = (_tga_header, _blue_first) if format_name == "tga" else (_HEADERS[format_name], _high_byte_first)
    done = 0
    with path.open("wb") as file:
        for piece in pieces:
            if done == 0:
                file.write(header(size_px, piece))
            file.write(ordered(piece).tobytes())
            done += piece.shape[0]
    if done < size_px[0]:
        raise OutputError(f"the rows end at {done} of {size_px[0]}")


def _pnm_header(size_px: tuple[int, int], piece: Samples) -> bytes:
    kind = 5 if piece.shape[2] == 1 else 6
    return f"P{kind}\n{size_px[1]} {size_px[0]}\n{np.iinfo(piece.dtype).max}\n".encode("ascii")


def _pam_header(size_px: tuple[int, int], piece: Samples) -> bytes:
    channels = piece.shape[2]
    lines = (f"WIDTH {size_px[1]}", f"HEIGHT {size_px[0]}", f"DEPTH {channels}", f"MAXVAL {np.iinfo(piece.dtype).max}")
    return "\n".join(("P7", *lines, f"TUPLTYPE {_PAM_KINDS[channels]}", "ENDHDR", "")).encode("ascii")


_HEADERS: dict[str, Callable[[tuple[int, int], Samples], bytes]] = {
    "ppm": _pnm_header,
    "pgm": _pnm_header,
    "pam": _pam_header,
}


def _tga_header(size_px: tuple[int, int], piece: Samples) -> bytes:
    """TGA 2.0, fields 3 to 5: uncompressed gray or colour, the first row at the top, bits of alpha."""
    height, width = size_px
    channels = piece.shape[2]
    kind, top_left, alpha_bits = 3 if channels < 3 else 2, 0x20, 8 if channels in (2, 4) else 0
    return struct.pack("<BBB5xHHHHBB", 0, 0, kind, 0, 0, width, height, 8 * channels, top_left | alpha_bits)


def _blue_first(piece: Samples) -> Samples:
    return piece if piece.shape[2] < 3 else piece[..., [2, 1, 0, 3][: piece.shape[2]]]


def _high_byte_first(piece: Samples) -> Samples:
    return piece.astype(piece.dtype.newbyteorder(">"))
