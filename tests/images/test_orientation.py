import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from upscale.images.orientation import reset_exif, reset_xmp, upright


def _exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "a camera"
    return exif.tobytes()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pixels_turn_as_pillow_turns_them(orientation: int, photo: np.ndarray) -> None:
    file = io.BytesIO()
    Image.fromarray(photo).save(file, "PNG", exif=_exif(orientation))
    expected = np.asarray(ImageOps.exif_transpose(Image.open(file)))
    assert np.array_equal(upright(photo, orientation), expected)


def test_reset_changes_the_orientation_only() -> None:
    before, after = Image.Exif(), Image.Exif()
    before.load(_exif(6))
    after.load(reset_exif(_exif(6)))
    assert after[0x0112] == 1
    assert after[0x010F] == before[0x010F]


@pytest.mark.parametrize("block", [b"", b"Exif\0\0", b"II*\0\xff\xff\xff\xff", _exif(6)[:-20], b"nonsense"])
def test_damaged_blocks_do_not_raise(block: bytes) -> None:
    assert len(reset_exif(block)) == len(block)


def test_xmp_is_reset_in_both_spellings() -> None:
    assert reset_xmp(b'<x tiff:Orientation="8"/>') == b'<x tiff:Orientation="1"/>'
    assert reset_xmp(b"<tiff:Orientation>3</tiff:Orientation>") == b"<tiff:Orientation>1</tiff:Orientation>"
