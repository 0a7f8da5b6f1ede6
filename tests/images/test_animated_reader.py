"""Animated files as they come, damaged ones too."""

import io
import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from upscale.errors import BadInputError
from upscale.images.animated_reader import frames, is_animated
from upscale.images.gif_frames import has_frames, is_cut_short

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
