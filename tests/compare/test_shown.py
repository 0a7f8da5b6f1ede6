"""Whatever a file holds, the page gets 8-bit sRGB, upright."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from upscale.compare.embedded import LIMIT_PX, encoded, thumbnail
from upscale.compare.shown import Pixels, read_shown, reduced
from upscale.errors import BadInputError, OutputError


@pytest.fixture
def noise() -> Pixels:
    return np.random.default_rng(1).integers(0, 256, (24, 32, 3), np.uint8)


def _opened(content: bytes) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(content)))


def test_eight_bits_are_the_files_own(tmp_path: Path, noise: Pixels) -> None:
    Image.fromarray(noise).save(tmp_path / "a.png")
    Image.fromarray(noise).convert("L").save(tmp_path / "gray.png")
    assert (read_shown(tmp_path / "a.png") == noise).all()
    gray = read_shown(tmp_path / "gray.png")
    assert (gray == np.asarray(Image.fromarray(noise).convert("L"))[..., None]).all()
    assert gray.shape == (24, 32, 3)


def test_sixteen_bits_are_rounded(tmp_path: Path, noise: Pixels) -> None:
    cv2.imwrite(str(tmp_path / "deep.tiff"), noise[..., ::-1].astype(np.uint16) * 257 + 100)
    assert (read_shown(tmp_path / "deep.tiff") == np.minimum(noise, 255)).mean() > 0.99


def test_a_turned_picture_is_upright(tmp_path: Path, noise: Pixels) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(noise).save(tmp_path / "turned.png", exif=exif)
    assert (read_shown(tmp_path / "turned.png") == np.rot90(noise, -1)).all()


def test_inks_become_light(tmp_path: Path) -> None:
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(tmp_path / "red.jpg", quality=95)
    red, green, blue = read_shown(tmp_path / "red.jpg")[8, 8]
    assert red > 180
    assert max(green, blue) < 80


def test_transparency_stays_only_where_something_shines_through(tmp_path: Path, noise: Pixels) -> None:
    for name, level in (("opaque", 255), ("clear", 128)):
        alpha = np.full((24, 32, 1), level, np.uint8)
        Image.fromarray(np.concatenate([noise, alpha], 2)).save(tmp_path / f"{name}.png")
    assert read_shown(tmp_path / "opaque.png").shape[2] == 3
    clear = read_shown(tmp_path / "clear.png")
    assert (clear[..., 3] == 128).all()
    assert reduced(clear, 16).shape == (12, 16, 4)


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"not a picture")
    with pytest.raises(BadInputError, match=r"a\.png"):
        read_shown(tmp_path / "a.png")


def test_embedded_pictures_lose_nothing(noise: Pixels) -> None:
    assert (_opened(encoded(noise, None)) == noise).all()
    with_alpha = np.concatenate([noise, np.maximum(noise[..., :1], 1)], 2)
    assert (_opened(encoded(with_alpha, None)) == with_alpha).all()
    lossy = encoded(noise, 50)
    assert len(lossy) < len(encoded(noise, None))
    assert _opened(lossy).shape == noise.shape


def test_what_no_browser_shows_is_refused() -> None:
    with pytest.raises(OutputError, match="--max-side"):
        encoded(np.zeros((1, LIMIT_PX + 1, 3), np.uint8), None)


def test_large_pictures_are_reduced_in_shape() -> None:
    flat = np.full((100, 300, 3), 77, np.uint8)
    small = reduced(flat, 60)
    assert small.shape == (20, 60, 3)
    assert (small == 77).all()
    assert reduced(flat, 300) is flat
    assert thumbnail(flat).startswith("data:image/webp;base64,")
