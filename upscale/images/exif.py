"""EXIF blocks: what no longer holds of an enlarged picture is corrected in place, for maker notes count bytes."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from upscale.images.tag_directories import (
    LONG,
    SHORT,
    Block,
    Directory,
    Entry,
    Form,
    Value,
    directory_bytes,
    entries,
    header,
    number,
    value,
)

# EXIF 2.3, tables 3 to 5, and TIFF 6.0.
_ORIENTATION, _WIDTHS, _HEIGHTS = 0x0112, (0x0100, 0xA002, 0x1001), (0x0101, 0xA003, 0x1002)
_EXIF, _GPS, _INTEROPERABILITY, _MAKER_NOTE = 0x8769, 0x8825, 0xA005, 0x927C
_POINTERS = (_EXIF, _GPS, _INTEROPERABILITY)
_THUMBNAIL_AT, _THUMBNAIL_BYTES = 0x0201, 0x0202

# Of a TIFF file's first directory that which tells of the picture, and not of its samples: description, maker,
# model, software, date, artist, host, rating, copyright, and the titles and comments of Windows (0x9C9B to 0x9C9F).
_DESCRIPTIVE = (
    0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x013C, 0x4746, 0x4749, 0x8298,
    0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F, _EXIF, _GPS,
)  # fmt: skip

# Maker notes that count offsets from their own beginning; all others break where they are moved.
_MOVABLE = (b"Nikon\0\x02", b"OLYMPUS\0", b"OM SYSTEM\0", b"FUJIFILM", b"Apple iOS\0", b"GENERALE")

_PREFIX = b"Exif\0\0"


def corrected(exif: bytes, size_px: tuple[int, int]) -> bytes | None:
    """The block with orientation 1, these height and width, and without its thumbnail; None if it is damaged.

    Nothing moves and nothing is added. JPEG's prefix, if it is there, is dropped.
    """
    block = bytearray(exif.removeprefix(_PREFIX))
    try:
        form, first = header(block)
        _, successor = entries(block, first, form)
        _correct(block, first, form, size_px, {first})
        struct.pack_into(form.offset, block, successor, _without_thumbnail(block, successor, form))
    except struct.error:
        return None
    return bytes(block)


@dataclass
class _Reading:
    """What a walk through a block has used up, for a damaged one may point to the same place again and again."""

    left_bytes: int
    visited: set[int] = field(default_factory=set)


def _correct(
    block: bytearray, at: int, form: Form, size_px: tuple[int, int], visited: set[int], depth: int = 0
) -> None:
    """A directory and those below it, of which there are two levels; none twice."""
    height, width = size_px
    for entry in _pointing_once(entries(block, at, form)[0]):
        if entry.tag == _ORIENTATION:
            _put(block, entry, form, SHORT, 1)
        elif entry.tag in _WIDTHS + _HEIGHTS:
            _put(block, entry, form, LONG, width if entry.tag in _WIDTHS else height)
        elif entry.tag in _POINTERS and depth < 2:
            _correct_below(block, entry, form, size_px, visited, depth)


def _correct_below(
    block: bytearray, entry: Entry, form: Form, size_px: tuple[int, int], visited: set[int], depth: int
) -> None:
    try:
        at = number(block, entry, form)
        if at not in visited:
            visited.add(at)
            _correct(block, at, form, size_px, visited, depth + 1)
    except struct.error:
        # The rest of the block is of use without this directory; readers skip a pointer to nowhere as we do.
        return


def _pointing_once(found: list[Entry]) -> Iterator[Entry]:
    """A directory's entries, without pointers that have stood there before."""
    followed = set()
    for entry in found:
        if entry.tag in followed:
            continue
        if entry.tag in _POINTERS:
            followed.add(entry.tag)
        yield entry


def _put(block: bytearray, entry: Entry, form: Form, kind: int, held: int) -> None:
    """One number in the place of whatever the entry held."""
    content = struct.pack(form.order + ("H" if kind == SHORT else "I"), held).ljust(form.inline_bytes, b"\0")
    struct.pack_into(form.order + ("HQ" if form.big else "HI"), block, entry.at + 2, kind, 1)
    block[entry.at + form.entry_bytes - form.inline_bytes : entry.at + form.entry_bytes] = content


def _without_thumbnail(block: bytearray, successor: int, form: Form) -> int:
    """Remove the thumbnail's bytes, by cutting the block where they are its end; gives 0, for no next directory."""
    try:
        at = struct.unpack_from(form.offset, block, successor)[0]
        tags = {entry.tag: entry for entry in entries(block, at, form)[0]} if at else {}
        start, size = (number(block, tags[tag], form) for tag in (_THUMBNAIL_AT, _THUMBNAIL_BYTES))
    except (struct.error, KeyError):
        return 0
    # In a damaged block the offset may point at what is needed.
    if block[start : start + 2] == b"\xff\xd8":
        if start + size >= len(block):
            del block[start:]
        else:
            block[start : start + size] = bytes(size)
    return 0


def tags_of(exif: bytes) -> Directory:
    """What the block tells of the picture, to be written elsewhere; empty if it is damaged.

    Maker notes that would break are left out.
    """
    return _tags_of(exif.removeprefix(_PREFIX))


def _tags_of(block: Block) -> Directory:
    try:
        form, first = header(block)
        return _tree(block, first, form, _Reading(len(block), {first}))
    except struct.error:
        return {}


def _tree(block: Block, at: int, form: Form, reading: _Reading, depth: int = 0) -> Directory:
    """A directory and those below it. Raises struct.error if its values overlap, being longer than the block."""
    found = [entry for entry in _pointing_once(entries(block, at, form)[0]) if _wanted(block, entry, depth)]
    needed_bytes = sum(entry.size for entry in found)
    if needed_bytes > reading.left_bytes:
        raise struct.error("values on top of each other")
    reading.left_bytes -= needed_bytes
    tree: dict[int, Value | Directory] = {}
    for entry in found:
        if entry.tag not in _POINTERS:
            tree[entry.tag] = value(block, entry, form)
        elif below := _below(block, entry, form, reading, depth):
            tree[entry.tag] = below
    return tree


def _wanted(block: Block, entry: Entry, depth: int) -> bool:
    if depth == 0:
        return entry.tag in _DESCRIPTIVE
    return entry.tag != _MAKER_NOTE or bytes(block[entry.start : entry.start + 16]).startswith(_MOVABLE)


def _below(block: Block, entry: Entry, form: Form, reading: _Reading, depth: int) -> Directory:
    try:
        at = number(block, entry, form)
        if depth == 2 or at in reading.visited:
            return {}
        reading.visited.add(at)
        return _tree(block, at, form, reading, depth + 1)
    except struct.error:
        return {}


def from_tiff(content: Block) -> bytes | None:
    """The EXIF block that a TIFF file would have if it were a JPEG, or None if there is nothing in it."""
    tags = _tags_of(content)
    return b"II*\0\x08\0\0\0" + directory_bytes(tags, 8, Form()) if tags else None
