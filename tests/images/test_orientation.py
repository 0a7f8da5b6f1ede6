import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps, PngImagePlugin
from typer.testing import CliRunner

from upscale.cli.app import app
from upscale.images.image_io import read_picture
from upscale.images.orientation import exif_orientation, reset_exif, reset_xmp, upright, xmp_orientation


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


def test_a_packet_written_with_spaces_is_read_and_reset() -> None:
    packet = b"<x tiff:Orientation = '6'/>"
    assert xmp_orientation(packet) == 6
    assert xmp_orientation(reset_xmp(packet)) == 1
    assert xmp_orientation(b"no packet") == 1


@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
def test_the_orientation_of_a_block_is_found(prefix: bytes) -> None:
    block = _exif(7).removeprefix(b"Exif\0\0")
    assert exif_orientation(prefix + block) == 7
    assert exif_orientation(prefix + block[:11]) is None


# JPEG at quality 100 and AVIF round once in the transform and once in the colours.
TOLERANCES = {"jpg": 4, "png": 0, "webp": 0, "tiff": 0, "avif": 6}
UNDONE = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}


def test_all_eight_orientations_of_all_formats_give_the_same_picture(photo: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for suffix in TOLERANCES:
        for orientation in range(1, 9):
            path = tmp_path / "in" / f"{suffix}{orientation}.{suffix}"
            turned = _turned(photo, UNDONE[orientation])
            turned.save(path, exif=_exif(orientation), quality=100, lossless=True, subsampling="4:4:4")
    words = ["images", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "-m", "nearest", "-s", "2", "--ext", "png"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    for suffix, tolerance in TOLERANCES.items():
        for orientation in range(1, 9):
            with Image.open(tmp_path / "out" / f"{suffix}{orientation}.png") as image:
                assert image.getexif().get(0x0112, 1) == 1
                pixels = np.asarray(image)
            assert pixels.shape == (40, 54, 3), (suffix, orientation)
            difference = np.abs(pixels[::2, ::2].astype(int) - photo).max()
            assert difference <= tolerance, (suffix, orientation, difference)


def test_a_packet_turns_the_picture_where_the_block_is_silent(photo: np.ndarray, tmp_path: Path) -> None:
    packet = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    chunk = PngImagePlugin.PngInfo()
    chunk.add_itxt("XML:com.adobe.xmp", packet.decode())
    Image.fromarray(photo).save(tmp_path / "a.png", pnginfo=chunk)
    picture = read_picture(tmp_path / "a.png")
    assert np.array_equal(picture.pixels, np.asarray(_turned(photo, 6)))
    assert b'tiff:Orientation="1"' in (picture.xmp or b"")


def _turned(pixels: np.ndarray, orientation: int) -> Image.Image:
    """As Pillow shows what has this orientation."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", exif=_exif(orientation))
    turned = ImageOps.exif_transpose(Image.open(file))
    return Image.fromarray(np.asarray(turned))
