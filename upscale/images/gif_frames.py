"""The blocks of a GIF, walked without decoding them (GIF89a specification, sections 15 to 27)."""

import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

_HEADER_BYTES = 13  # signature and logical screen descriptor
_IMAGE, _EXTENSION = b"\x2c", b"\x21"
_DESCRIPTOR_BYTES = 9
_HAS_COLOURS = 0x80  # a flag: a table of 2 ** (its last three bits + 1) colours follows


def has_frames(path: Path) -> bool:
    """Whether a file has more than one picture; reads no more of it than the first. What cannot be read has none."""
    try:
        with path.open("rb") as file:
            return sum(1 for _ in islice(_pictures(file), 2)) > 1
    except (OSError, EOFError):
        return False


def is_cut_short(content: bytes) -> bool:
    """Whether a file ends within a picture, which libvips would leave as it was. Only the last mark may be missing."""
    try:
        for _ in _pictures(io.BytesIO(content)):
            pass
    except EOFError:
        return True
    return False


def _pictures(file: BinaryIO) -> Iterator[None]:
    """One for each picture, at its beginning. Raises EOFError where the file ends before a picture does."""
    header = _read(file, _HEADER_BYTES)
    if not header.startswith(b"GIF8"):
        return
    _read(file, _colours_bytes(header[10]))
    while (kind := file.read(1)) in (_IMAGE, _EXTENSION):
        if kind == _IMAGE:
            yield
            _read(file, _colours_bytes(_read(file, _DESCRIPTOR_BYTES)[-1]))
        _read(file, 1)  # the size of codes, or the extension's kind
        while size := _read(file, 1)[0]:
            _read(file, size)


def _colours_bytes(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & _HAS_COLOURS else 0


def _read(file: BinaryIO, count: int) -> bytes:
    content = file.read(count)
    if len(content) < count:
        raise EOFError
    return content
