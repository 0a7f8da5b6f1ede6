"""Directories of tags, as TIFF files and EXIF blocks have them (TIFF 6.0, section 2; BigTIFF; EXIF 2.3, 4.6.2)."""

import mmap
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

BYTE, ASCII, SHORT, LONG, UNDEFINED = 1, 2, 3, 4, 7
_LONG8 = 16
# As many as TIFF and EXIF can count; BigTIFF could count more, and has no use for them.
_MOST_ENTRIES = 65535
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
# A rational is two numbers of four bytes: what has to be turned round between the two orders of bytes.
_WORDS = _SIZES | {5: 4, 10: 4}

Block = bytes | bytearray | mmap.mmap
"""An EXIF block, or a TIFF file."""


@dataclass(frozen=True)
class Form:
    """How a file writes numbers. `order`: struct's mark; `big`: BigTIFF, with offsets of eight bytes."""

    order: str = "<"
    big: bool = False

    @property
    def offset(self) -> str:
        """struct's format of an offset."""
        return self.order + ("Q" if self.big else "I")

    @property
    def entry_bytes(self) -> int:
        """Bytes of a directory's entry; the last 8 or 4 are its value, or where that is."""
        return 20 if self.big else 12

    @property
    def inline_bytes(self) -> int:
        """Bytes of the longest value that stands in its entry."""
        return 8 if self.big else 4


@dataclass(frozen=True)
class Value:
    """What a tag says: `content` are numbers of the TIFF type `kind`, the least byte first."""

    kind: int
    content: bytes

    @property
    def count(self) -> int:
        """How many numbers, or characters."""
        return len(self.content) // _SIZES[self.kind]


@dataclass(frozen=True)
class Entry:
    """A tag where a block has it: `at` is its entry's position, `start` that of its `size` bytes of value."""

    tag: int
    kind: int
    at: int
    start: int
    size: int


def header(block: Block) -> tuple[Form, int]:
    """How a block writes numbers, and where its first directory is. Raises struct.error for what is no TIFF."""
    order = {b"II": "<", b"MM": ">"}.get(bytes(block[:2]))
    if order is None:
        raise struct.error("no TIFF")
    version = struct.unpack_from(order + "H", block, 2)[0]
    form = Form(order, big=version == 43)
    if version not in (42, 43):
        raise struct.error("no TIFF")
    return form, struct.unpack_from(form.offset, block, 8 if form.big else 4)[0]


def entries(block: Block, at: int, form: Form) -> tuple[list[Entry], int]:
    """What the directory at a position holds, and the position of the offset of the next one.

    Tags whose values are outside the block are left out; raises struct.error for a directory that is, or one of more
    than 65535 entries.
    """
    if at > len(block):
        # struct would raise OverflowError for the largest offsets.
        raise struct.error("a directory beyond the end")
    count_format = form.order + ("Q" if form.big else "H")
    (count,) = struct.unpack_from(count_format, block, at)
    first = at + struct.calcsize(count_format)
    end = first + count * form.entry_bytes
    if count > _MOST_ENTRIES or end > len(block):
        raise struct.error("a directory beyond the end")
    found = (_entry(block, position, form) for position in range(first, end, form.entry_bytes))
    return [entry for entry in found if entry is not None], end


def _entry(block: Block, at: int, form: Form) -> Entry | None:
    tag, kind, count = struct.unpack_from(form.order + ("HHQ" if form.big else "HHI"), block, at)
    if kind not in _SIZES:
        return None
    size, start = count * _SIZES[kind], at + form.entry_bytes - form.inline_bytes
    if size > form.inline_bytes:
        (start,) = struct.unpack_from(form.offset, block, start)
    return Entry(tag, kind, at, start, size) if start + size <= len(block) else None


def number(block: Block, entry: Entry, form: Form) -> int:
    """The first number of a tag that counts or points. Raises struct.error for other tags."""
    formats = {SHORT: "H", LONG: "I", 13: "I", _LONG8: "Q"}
    if entry.kind not in formats or entry.size == 0:
        raise struct.error("no number")
    return int(struct.unpack_from(form.order + formats[entry.kind], block, entry.start)[0])


def value(block: Block, entry: Entry, form: Form) -> Value:
    """A tag's value by itself."""
    content = bytes(block[entry.start : entry.start + entry.size])
    if form.order == ">":
        content = np.frombuffer(content, f">u{_WORDS[entry.kind]}").byteswap().tobytes()
    return Value(entry.kind, content)


Directory = Mapping[int, "Value | Directory"]


def directory_bytes(directory: Directory, at: int, form: Form, ready: Mapping[int, bytes] | None = None) -> bytes:
    """A directory with all it points to, for position `at` of a little-endian file; no other follows it.

    `ready`: entries of that file, kept as they are unless `directory` has the same tag.
    """
    tags = dict(ready or {})
    head = struct.pack("<Q" if form.big else "<H", len(tags.keys() | directory.keys()))
    behind = at + len(head) + len(tags.keys() | directory.keys()) * form.entry_bytes + form.inline_bytes
    parts = []
    for tag, held in directory.items():
        parts.append(bytes(behind % 2))  # values begin at even offsets
        behind += behind % 2
        if isinstance(held, Value):
            tags[tag] = _packed(tag, held, behind, form)
            parts.append(held.content if len(held.content) > form.inline_bytes else b"")
        else:
            place = struct.pack(form.offset, behind)
            tags[tag] = _packed(tag, Value(_LONG8 if form.big else LONG, place), 0, form)
            parts.append(directory_bytes(held, behind, form))
        behind += len(parts[-1])
    return b"".join([head, *(tags[tag] for tag in sorted(tags)), bytes(form.inline_bytes), *parts])


def _packed(tag: int, held: Value, at: int, form: Form) -> bytes:
    content = held.content
    place = content.ljust(form.inline_bytes, b"\0") if len(content) <= form.inline_bytes else None
    head = struct.pack("<HHQ" if form.big else "<HHI", tag, held.kind, held.count)
    return head + (place if place is not None else struct.pack(form.offset, at))


def extend(file: BinaryIO, directory: Directory) -> None:
    """Add tags to the first directory of a little-endian TIFF file, which moves to the end of the file."""
    file.seek(0)
    form, at = header(file.read(16))
    file.seek(at)
    count_format = "<Q" if form.big else "<H"
    (count,) = struct.unpack(count_format, file.read(struct.calcsize(count_format)))
    table = file.read(count * form.entry_bytes)
    rows = (table[start : start + form.entry_bytes] for start in range(0, len(table), form.entry_bytes))
    ready = {struct.unpack_from("<H", row)[0]: row for row in rows}
    end = file.seek(0, os.SEEK_END)
    end += file.write(bytes(end % 2))
    file.write(directory_bytes(directory, end, form, ready))
    file.seek(8 if form.big else 4)
    file.write(struct.pack(form.offset, end))
