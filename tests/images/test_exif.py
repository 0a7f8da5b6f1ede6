"""The block's corrections, with Pillow as the judge of what is left."""

import struct

import pytest
from exif_block import MAKER_NOTE, MAKER_NOTE_AT, exif_block, thumbnail
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from upscale.images.exif import corrected, from_tiff, tags_of


def read(block: bytes) -> Image.Exif:
    exif = Image.Exif()
    exif.load(b"Exif\0\0" + block)
    return exif


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
@pytest.mark.parametrize("size_px", [(80, 108), (80_000, 100_000)])
def test_size_and_orientation_are_corrected_in_place(order: str, prefix: bytes, size_px: tuple[int, int]) -> None:
    source = exif_block(order)
    assert read(source)[0x0112] == 6
    block = corrected(prefix + source, size_px)
    assert block is not None
    exif = read(block)
    assert (exif[0x0100], exif[0x0101], exif[0x0112], exif[0x010F]) == (size_px[1], size_px[0], 1, "a camera")
    assert exif.get_ifd(0x8769)[0xA002] == size_px[1]
    assert exif.get_ifd(0x8825)[1] == "N"
    assert (
        block[MAKER_NOTE_AT : MAKER_NOTE_AT + len(MAKER_NOTE)] == MAKER_NOTE
    )  # its offsets count from the block's start


@pytest.mark.parametrize("padding", [b"", b"something behind"])
def test_the_thumbnail_is_gone(padding: bytes) -> None:
    source = exif_block(padding=padding)
    assert thumbnail() in source
    block = corrected(source, (80, 108))
    assert block is not None
    assert b"\xff\xd8" not in block
    assert block.endswith(padding)
    assert not read(block).get_ifd(1)


@pytest.mark.parametrize("block", [b"", b"II*\0", b"no block at all", b"II*\0\xff\xff\xff\x7f", exif_block()[:40]])
def test_a_damaged_block_is_dropped(block: bytes) -> None:
    assert corrected(block, (4, 4)) is None
    assert tags_of(block) == {}


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=8), st.integers(0, 1000))
def test_any_damage_is_survived(changes: list[tuple[int, int]], end: int) -> None:
    block = bytearray(exif_block())
    for at, level in changes:
        block[at % len(block)] = level
    damaged = bytes(block[:end])
    result = corrected(damaged, (4, 4))
    assert result is None or len(result) <= len(damaged)
    tags_of(damaged)


def test_a_directory_that_points_to_itself_ends() -> None:
    block = bytearray(exif_block())
    at = block.index(struct.pack("<HHII", 0x8769, 4, 1, 100))
    block[at + 8 : at + 12] = struct.pack("<I", 8)
    assert corrected(bytes(block), (4, 4)) is not None
    tags_of(bytes(block))


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_tags_of_a_tiff_file_become_a_block(order: str) -> None:
    """An EXIF block is built as a TIFF file is."""
    block = from_tiff(exif_block(order))
    assert block is not None
    exif = read(block)
    assert set(exif) == {0x010F, 0x8769, 0x8825}
    assert (exif[0x010F], exif.get_ifd(0x8825), exif.get_ifd(0x8769)) == ("a camera", {1: "N"}, {0xA002: 27})
    assert from_tiff(b"II*\0\x08\0\0\0\0\0\0\0\0\0") is None


def test_a_maker_note_that_counts_from_its_own_beginning_is_moved() -> None:
    note = b"Nikon\0\x02".ljust(len(MAKER_NOTE), b"x")
    tags = tags_of(exif_block().replace(MAKER_NOTE, note))[0x8769]
    assert isinstance(tags, dict)
    assert tags[0x927C].content == note


def directory(*tags: tuple[int, int, int, int]) -> bytes:
    return struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)


def test_many_pointers_to_their_own_directory_are_followed_once() -> None:
    """Thousands in three levels would otherwise be walked for ever."""
    block = b"II*\0\x08\0\0\0" + directory(*[(0x8769, 4, 1, 8)] * 5000)
    assert corrected(block, (4, 4)) == block
    assert tags_of(block) == {}


def test_a_directory_is_corrected_and_read_though_pointers_stand_there_twice() -> None:
    first = directory((0x0112, 3, 1, 6), (0x8769, 4, 1, 50), (0x8769, 4, 1, 8))
    block = b"II*\0\x08\0\0\0" + first + directory((0xA002, 4, 1, 27))
    assert len(first) == 42
    fixed = corrected(block, (80, 108))
    assert fixed is not None
    assert read(fixed).get_ifd(0x8769) == {0xA002: 108}
    below = tags_of(block)[0x8769]
    assert isinstance(below, dict)
    assert below[0xA002].content == struct.pack("<I", 27)


def test_values_on_top_of_each_other_are_no_larger_than_the_block() -> None:
    size = 40_000
    tags = directory(*[(tag, 7, size, 40) for tag in range(1, 3001)])
    head = b"II*\0\x08\0\0\0" + directory((0x010F, 2, 4, 0x00434241), (0x8769, 4, 1, 40 + size))
    block = head.ljust(40, b"\0") + bytes(size) + tags
    assert set(tags_of(block)) == {0x010F}
    assert tags_of(b"II*\0\x08\0\0\0" + directory(*[(0x010F, 7, 60, 8)] * 5)) == {}


@pytest.mark.parametrize("at", [100, 2**31, 2**63 - 1, 2**63, 2**64 - 1])
def test_a_first_directory_beyond_the_end_is_a_damaged_block(at: int) -> None:
    block = b"II+\0\x08\0\0\0" + struct.pack("<Q", at) + bytes(64)
    assert corrected(block, (4, 4)) is None
    assert tags_of(block) == {}
    assert from_tiff(block) is None


def test_more_entries_than_tiff_can_count_are_damage() -> None:
    def block(count: int) -> bytes:
        return b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, count) + bytes(20 * count + 8)

    assert corrected(block(65535), (4, 4)) is not None
    assert corrected(block(65536), (4, 4)) is None
