"""A picture that comes in pieces becomes the very file that it becomes in one piece."""

import gc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from upscale.errors import OutputError, UpscaleError
from upscale.images.encoding import Encoding
from upscale.images.image_io import read_picture, write_picture, write_rows
from upscale.images.picture import Picture, RowPicture, Samples, with_alpha

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>'
HEIGHT, WIDTH = 70, 53


def exif() -> bytes:
    block = Image.Exif()
    block[0x010F] = "a camera"
    return block.tobytes()


def picture(dtype: type, channels: int, *, alpha: bool) -> Picture:
    samples = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, channels + alpha))
    levels = samples.astype(dtype) * 257 if dtype == np.uint16 else samples.astype(dtype)
    levels = levels / np.float32(255) if dtype == np.float32 else levels
    return Picture(levels[..., :channels], levels[..., channels:] if alpha else None, SRGB, exif(), XMP, (3.0, 2.0))


def cut(whole: Picture, rows: int) -> Iterator[Samples]:
    samples = with_alpha(whole.pixels, whole.alpha)
    return (samples[top : top + rows] for top in range(0, HEIGHT, rows))


@pytest.mark.parametrize("rows", [1, 33, 69])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize(
    ("dtype", "suffix"),
    [
        *((np.uint8, suffix) for suffix in ("png", "jpg", "webp", "tiff", "bmp")),
        *((np.uint16, suffix) for suffix in ("png", "jpg", "tiff")),
        *((np.float32, suffix) for suffix in ("png", "tiff")),
    ],
)
def test_pieces_give_the_same_file(
    dtype: type, suffix: str, channels: int, alpha: bool, rows: int, tmp_path: Path
) -> None:
    whole = picture(dtype, channels, alpha=alpha)
    write_picture(tmp_path / f"whole.{suffix}", whole, Encoding())
    write_rows(tmp_path / f"rows.{suffix}", RowPicture(whole, HEIGHT, WIDTH, cut(whole, rows)), Encoding())
    assert (tmp_path / f"rows.{suffix}").read_bytes() == (tmp_path / f"whole.{suffix}").read_bytes()


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_what_travels_with_the_pixels_is_in_the_file(suffix: str, tmp_path: Path) -> None:
    whole = picture(np.uint8, 3, alpha=False)
    write_rows(tmp_path / f"a.{suffix}", RowPicture(whole, HEIGHT, WIDTH, cut(whole, 9)), Encoding())
    read = read_picture(tmp_path / f"a.{suffix}")
    assert (read.icc, read.xmp) == (SRGB, XMP)
    assert read.exif is not None and b"a camera" in read.exif
    with Image.open(tmp_path / f"a.{suffix}") as image:
        assert image.size == (WIDTH, HEIGHT)
        assert image.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize("suffix", ["png", "jpg", "tiff", "webp", "bmp"])
@pytest.mark.parametrize("kind", ["fails", "ends"])
def test_pieces_that_break_off_leave_nothing(suffix: str, kind: str, tmp_path: Path) -> None:
    whole = picture(np.uint8, 3, alpha=False)

    def pieces(after: int) -> Iterator[Samples]:
        yield whole.pixels[:after]
        if kind == "fails":
            raise UpscaleError("the engine died")

    for after in range(1, HEIGHT, 7):
        expected = (
            (UpscaleError, "the engine died") if kind == "fails" else (OutputError, rf"cannot write .*a\.{suffix}")
        )
        with pytest.raises(expected[0], match=expected[1]):
            write_rows(tmp_path / f"a.{suffix}", RowPicture(whole, HEIGHT, WIDTH, pieces(after)), Encoding())
    gc.collect()  # whatever libvips still holds must not call into what is gone
    assert list(tmp_path.iterdir()) == []
