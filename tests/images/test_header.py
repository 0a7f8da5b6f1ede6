"""What files claim before they are decoded, lies among it."""

import random
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from upscale.images.header import Header, read_header


def claiming(height: int, width: int) -> bytes:
    """An RGBA PNG of a few bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    samples = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", samples) + chunk(b"IEND", b"")


def test_what_claims_too_much_has_no_header(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(claiming(200_000, 200_000))
    assert read_header(tmp_path / "a.png") is None
    (tmp_path / "a.png").write_bytes(claiming(30, 40))
    assert read_header(tmp_path / "a.png", limit_px=1200) == Header(30, 40, True, np.uint8)
    assert read_header(tmp_path / "a.png", limit_px=1199) is None


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_a_blank_takes_no_memory(dtype: type) -> None:
    tracemalloc.start()
    try:
        assert Header(8000, 5000, True, dtype).blank().transparent
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_a_damaged_header_is_none_or_a_size(tmp_path: Path) -> None:
    """AVIF too, whose bytes libvips quotes in messages that are no UTF-8."""
    chance, path = random.Random(1), tmp_path / "a.avif"
    Image.new("RGB", (16, 16), (90, 20, 200)).save(path)
    content = path.read_bytes()
    refused = 0
    for _ in range(300):
        damaged = bytearray(content)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(12, min(300, len(damaged)))] = chance.choice([0, 255, chance.randrange(256)])
        path.write_bytes(damaged)
        refused += read_header(path) is None
    assert refused > 20


def test_a_tga_without_a_size_has_no_header(tmp_path: Path) -> None:
    (tmp_path / "a.tga").write_bytes(bytes([0, 0, 2]) + bytes(9) + bytes([0, 0, 0, 0, 24, 0]) + bytes(30))
    assert read_header(tmp_path / "a.tga") is None
