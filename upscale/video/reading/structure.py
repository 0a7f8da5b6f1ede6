"""Whether a file's boxes follow each other to its end: Matroska and FLV pass over what is broken without a word."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

# Matroska's ids (RFC 9559, section 5): the two at the top, what a segment holds, and what a cluster holds.
_HEADER, _SEGMENT, _CLUSTER = 0x1A45DFA3, 0x18538067, 0x1F43B675
_ANYWHERE = frozenset((0xEC, 0xBF))
_IN_SEGMENT = _ANYWHERE | frozenset(
    (_CLUSTER, 0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1043A770, 0x1C53BB6B, 0x1941A469, 0x1254C367)
)
_SIMPLE_BLOCK, _BLOCK_GROUP, _BLOCK = 0xA3, 0xA0, 0xA1
_IN_CLUSTER = _ANYWHERE | frozenset((0xE7, 0x5854, 0xA7, 0xAB, 0xAF, _SIMPLE_BLOCK, _BLOCK_GROUP))
_FLV_HEADER_BYTES, _TAG_HEADER_BYTES = 9, 11


@dataclass(frozen=True)
class Structure:
    """What a file is made of. `is_broken`: something in its midst is not what the format has there.

    `blocks`: how many its video has, where the format tells.
    """

    is_broken: bool = False
    blocks: int | None = None


def read_structure(source: Path, formats: set[str], video_at: int | None) -> Structure:
    """Go through a file's headers, passing over all samples; `video_at`: where its video's first packet is."""
    with source.open("rb") as file:
        size = source.stat().st_size
        if "matroska" in formats:
            return _matroska(file, size, video_at)
        if "flv" in formats:
            return Structure(_breaks_flv(file, size))
    return Structure()


@dataclass(frozen=True)
class _Element:
    """A Matroska element; where a live stream does not say its end, that is None. An `id` of 0 is none."""

    id: int
    start: int
    body: int
    end: int | None


def _matroska(file: BinaryIO, size: int, video_at: int | None) -> Structure:
    for element in _elements(file, size):
        if element.id == _SEGMENT:
            return _segment(file, min(element.end or size, size), video_at)
        if element.id not in _ANYWHERE | {_HEADER} or element.end is None:
            break
        file.seek(element.end)
    return Structure(is_broken=True)


def _segment(file: BinaryIO, size: int, video_at: int | None) -> Structure:
    """Clusters are gone through, all else is passed over. Live streams do not say how long a cluster is."""
    blocks: Counter[int] = Counter()
    track: int | None = None
    cluster_end: int | None = size
    for element in _elements(file, size):
        end = element.end
        if element.id == _CLUSTER:
            cluster_end = end
            continue
        bound = cluster_end if element.id in _IN_CLUSTER and cluster_end is not None else size
        if end is None or element.id not in _IN_CLUSTER | _IN_SEGMENT or min(end, size) > bound:
            return Structure(is_broken=True)
        if element.id in (_SIMPLE_BLOCK, _BLOCK_GROUP):
            number = _track(file, element)
            blocks[number] += end <= size
            if video_at is not None and element.start <= video_at < end:
                track = number
        file.seek(end)
    return Structure(blocks=None if track is None else blocks[track])


def _track(file: BinaryIO, element: _Element) -> int:
    """The number of the track that a block belongs to, as its bytes are."""
    if element.id == _BLOCK_GROUP:
        block = next((child for child in _elements(file, element.end or 0) if child.id == _BLOCK), None)
        file.seek(element.body if block is None else block.body)
    return next(iter(file.read(1)), 0)


def _elements(file: BinaryIO, size: int) -> Iterator[_Element]:
    """One element after another, each from where the file then stands."""
    while (at := file.tell()) + 2 <= size:
        head = file.read(12).ljust(12, b"\xff")
        id_bytes = 9 - head[0].bit_length()
        length_bytes = 9 - head[min(id_bytes, 4)].bit_length()
        if id_bytes > 4 or length_bytes > 8:
            yield _Element(0, at, at, None)
            return
        body = at + id_bytes + length_bytes
        unknown = (1 << 7 * length_bytes) - 1
        length = int.from_bytes(head[id_bytes : id_bytes + length_bytes], "big") & unknown
        file.seek(body)
        yield _Element(int.from_bytes(head[:id_bytes], "big"), at, body, None if length == unknown else body + length)


def _breaks_flv(file: BinaryIO, size: int) -> bool:
    """Every tag is followed by its own length (Adobe's FLV specification 10.1, annex E.3)."""
    at = int.from_bytes(file.read(_FLV_HEADER_BYTES)[5:], "big") + 4
    while at + _TAG_HEADER_BYTES <= size:
        file.seek(at)
        length = _TAG_HEADER_BYTES + int.from_bytes(file.read(4)[1:], "big")
        if at + length + 4 > size:
            return False
        file.seek(at + length)
        # Some writers leave the header's own 11 bytes out, or the length altogether.
        if int.from_bytes(file.read(4), "big") not in (length, length - _TAG_HEADER_BYTES, 0):
            return True
        at += length + 4
    return False
