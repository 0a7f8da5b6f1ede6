"""Animated files as they come, damaged ones too."""

import io
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from upscale.errors import BadInputError
from upscale.images import webp_film
from upscale.images.animated_reader import frames, is_animated
from upscale.images.gif_frames import has_frames, is_cut_short
from upscale.images.image_io import read_frames

LIMIT_PX = 10**6


def made(kind: str, count: int = 4) -> bytes:
    """Frames with a hole each, of a new colour on an old one."""
    pictures = []
    for index in range(count):
        pixels = np.zeros((12, 15, 4), np.uint8)
        pixels[2:9, index : index + 8] = (90 * index % 256, 200, 30, 255)
        pictures.append(Image.fromarray(pixels))
    file, how = io.BytesIO(), {"lossless": True} if kind == "webp" else {}
    pictures[0].save(file, kind, save_all=True, append_images=pictures[1:], duration=50, **how)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["gif", "png", "webp"])
def test_one_frame_is_no_animation(kind: str, tmp_path: Path) -> None:
    still = io.BytesIO()
    Image.new("RGB", (9, 8)).save(still, kind)
    assert not is_animated(still.getvalue(), kind)
    assert is_animated(made(kind), kind)
    (tmp_path / "still").write_bytes(still.getvalue())
    (tmp_path / "moving").write_bytes(made("gif"))
    assert not has_frames(tmp_path / "still")
    assert has_frames(tmp_path / "moving")
    assert not has_frames(tmp_path / "missing")


def test_a_gif_may_lack_its_last_mark_only() -> None:
    content = made("gif")
    assert not is_cut_short(content)
    assert not is_cut_short(content[:-1])
    assert all(is_cut_short(content[:length]) for length in range(len(content) - 20, len(content) - 1))


@pytest.mark.parametrize("kind", ["gif", "png", "webp"])
def test_damage_gives_a_reason_or_frames(kind: str) -> None:
    """Bytes changed, lost and doubled: never another error, never frames of different shapes."""
    chance, content = random.Random(1), made(kind)
    failed = 0
    for _ in range(300):
        damaged = bytearray(content)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(damaged))
            end = at + chance.randint(0, 9)
            damaged[at:end] = chance.choice([b"", chance.randbytes(end - at), damaged[at:end] * 2, b"\xff\xff\xff\xff"])
        try:
            if is_animated(bytes(damaged), kind):
                shapes = {(frame.pixels.shape, frame.alpha is None) for frame in frames(bytes(damaged), kind, LIMIT_PX)}
                assert len(shapes) == 1
        except BadInputError as error:
            failed += 1
            assert str(error)
    assert failed > 20


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def control(count: int) -> bytes:
    return png_chunk(b"acTL", struct.pack(">II", count, 0))


HEADER = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
SAMPLES = png_chunk(b"IDAT", zlib.compress(bytes(4)))
END = png_chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "chunks",
    [
        HEADER + control(2) + control(0) + SAMPLES + END,
        control(5) + control(0) + END,
        HEADER + control(2) + HEADER + SAMPLES + END,
        png_chunk(b"IHDR", bytes(7)) + control(2) + SAMPLES + END,
    ],
    ids=["no frames", "no header", "two headers", "short header"],
)
def test_a_png_without_the_frames_that_it_claims_is_refused(chunks: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)
    with pytest.raises(BadInputError, match=r"a\.png"):
        list(read_frames(tmp_path / "a.png"))


@pytest.mark.parametrize(
    ("kind", "behind"),
    [
        ("png", HEADER + control(1) + END),
        ("png", b"of a program"),
        ("webp", b"VP8X" + struct.pack("<II", 10, 0x12) + bytes(6)),
        ("webp", b"ANMF of a program"),
    ],
)
def test_what_follows_the_end_is_no_part_of_an_animation(kind: str, behind: bytes) -> None:
    content = made(kind)
    assert is_animated(content + behind, kind)
    expected, read = (list(frames(each, kind, LIMIT_PX)) for each in (content, content + behind))
    assert len(read) == 4
    for before, after in zip(expected, read, strict=True):
        np.testing.assert_array_equal(before.pixels, after.pixels)


def test_the_first_size_of_a_webp_counts() -> None:
    content = made("webp")
    second = b"VP8X" + struct.pack("<II", 10, 0x12) + bytes(6)
    doubled = content[:30] + second + content[30:]
    doubled = doubled[:4] + struct.pack("<I", len(doubled) - 8) + doubled[8:]
    assert webp_film.read(doubled).size_px == (12, 15)
