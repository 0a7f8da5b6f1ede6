"""Files are written and read by other libraries than ours: Pillow, OpenCV, tifffile."""

import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from upscale.errors import BadInputError, OutputError
from upscale.images.encoding import Encoding
from upscale.images.image_io import _at_least_one, read_picture, write_picture
from upscale.images.picture import Picture


def opened(path: Path) -> Image.Image:
    """Pillow's view of a file, which is closed again."""
    return Image.open(io.BytesIO(path.read_bytes()))


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("suffix", ["png", "tiff", "bmp", "gif", "ppm", "tga", "webp"])
def test_lossless_formats_read_exactly(suffix: str, photo: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    few = photo // 64 * 64 if suffix == "gif" else photo
    image = Image.fromarray(few)
    if suffix == "gif":
        image.quantize(256, dither=Image.Dither.NONE).save(path)
        few = np.asarray(opened(path).convert("RGB"))
    elif suffix == "webp":
        image.save(path, lossless=True)
    else:
        image.save(path)
    assert np.array_equal(read_picture(path).pixels, few)


def test_the_content_decides_not_the_name(photo: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    Image.fromarray(photo).save(path, "PNG")
    assert np.array_equal(read_picture(path).pixels, photo)


@pytest.mark.parametrize("suffix", ["png", "tiff", "pgm"])
def test_gray_stays_gray_and_16_bits_stay_16(suffix: str, tmp_path: Path) -> None:
    dark = np.arange(30, dtype=np.uint16).reshape(5, 6)  # no value above 255: the type has to decide
    path = tmp_path / f"a.{suffix}"
    cv2.imwrite(str(path), dark)
    picture = read_picture(path)
    assert picture.pixels.dtype == np.uint16
    assert np.array_equal(picture.pixels[..., 0], dark)
    assert picture.pixels.shape == (5, 6, 1)


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA", "CMYK"])
def test_modes_become_gray_or_rgb_with_alpha(mode: str, photo: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    image = Image.fromarray(photo).convert(mode)
    image.save(path)
    picture = read_picture(path)
    assert picture.pixels.shape[2] == (1 if mode in ("1", "LA") else 3)
    assert (picture.alpha is not None) == mode.endswith("A")
    if mode != "CMYK":  # Pillow's CMYK conversion knows no profiles
        assert np.array_equal(picture.pixels, np.asarray(image.convert("RGB"))[..., : picture.pixels.shape[2]])


def test_float_tiff_stays_as_it_is(tmp_path: Path) -> None:
    values = np.linspace(-0.5, 2, 60, dtype=np.float32).reshape(4, 5, 3)
    cv2.imwrite(str(tmp_path / "a.tiff"), values[..., ::-1])
    picture = read_picture(tmp_path / "a.tiff")
    write_picture(tmp_path / "b.tiff", picture, Encoding())
    assert np.array_equal(cv2.imread(str(tmp_path / "b.tiff"), cv2.IMREAD_UNCHANGED)[..., ::-1], values)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_profile_and_exif_survive_with_upright_pixels(suffix: str, photo: np.ndarray, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a camera"
    source, target = tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix}"
    Image.fromarray(photo).save(source, icc_profile=SRGB, exif=exif)
    picture = read_picture(source)
    assert picture.pixels.shape == (27, 20, 3)
    write_picture(target, picture, Encoding())
    written = opened(target)
    assert written.info["icc_profile"] == SRGB
    assert written.getexif()[0x0112] == 1
    assert written.getexif()[0x010F] == "a camera"


@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_16_bits_and_alpha_are_written(suffix: str, tmp_path: Path) -> None:
    samples = (np.arange(4 * 5 * 4, dtype=np.uint16) * 811).reshape(4, 5, 4)
    path = tmp_path / f"a.{suffix}"
    write_picture(path, Picture(samples[..., :3], samples[..., 3:]), Encoding())
    written = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(written, samples[..., [2, 1, 0, 3]])


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "tiff", "webp"])
def test_gray_and_rgb_are_written(suffix: str, photo: np.ndarray, tmp_path: Path) -> None:
    for pixels in (photo, photo[..., :1]):
        path = tmp_path / f"{pixels.shape[2]}.{suffix}"
        write_picture(path, Picture(pixels), Encoding(quality=100, lossless=True))
        image = opened(path)
        assert image.mode == ("RGB" if pixels.shape[2] == 3 or suffix == "webp" else "L")
        # JPEG at quality 100 rounds once in the transform and once in the colours.
        tolerance = 4 if suffix == "jpg" else 0
        assert np.abs(np.asarray(image.convert("RGB")).astype(int) - pixels).max() <= tolerance


def test_jpeg_has_full_chroma_and_the_quality_asked_for(photo: np.ndarray, tmp_path: Path) -> None:
    sizes = []
    for quality in (40, 95):
        path = tmp_path / f"{quality}.jpg"
        write_picture(path, Picture(photo), Encoding(quality=quality))
        sizes.append(path.stat().st_size)
        layers = opened(path).layer
        assert {layer[1:3] for layer in layers} == {(1, 1)}
    assert sizes[0] < sizes[1]


def test_deep_pictures_are_rounded_for_shallow_formats(tmp_path: Path) -> None:
    levels = np.array([[[0], [128], [129], [65535]]], np.uint16)  # 128.5 is half a level of 257
    write_picture(tmp_path / "a.bmp", Picture(levels), Encoding())
    assert np.asarray(opened(tmp_path / "a.bmp")).ravel().tolist() == [0, 0, 1, 255]


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "gif", "tiff", "bmp", "ppm"])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.97])
def test_truncated_files_fail(suffix: str, share: float, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(noise).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(BadInputError, match=r"cannot read .*a\."):
        read_picture(path)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("text.png", b"just a text", "although its name ends in .png"),
        ("empty.jpg", b"", "empty"),
        ("a.jxl", b"\xff\x0a" + bytes(50), "as jxl"),
        ("half.png", b"\x89PNG\r\n\x1a\n", "as png"),
    ],
)
def test_what_is_no_picture_says_why(name: str, content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadInputError, match=reason):
        read_picture(path)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="no such file"):
        read_picture(tmp_path / "none.png")


def _png(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """A PNG of these chunks and an end."""
    body = b""
    for kind, content in [*chunks, (b"IEND", b"")]:
        body += struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    return b"\x89PNG\r\n\x1a\n" + body


def test_a_header_that_promises_too_much_is_refused(tmp_path: Path) -> None:
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    (tmp_path / "bomb.png").write_bytes(_png([(b"IHDR", header), (b"IDAT", zlib.compress(b""))]))
    with pytest.raises(BadInputError, match=r"100000 x 100000 pixels, above the limit of 268 million"):
        read_picture(tmp_path / "bomb.png")
    (tmp_path / "bomb.pgm").write_bytes(b"P5\n30000 30000\n255\n")
    with pytest.raises(BadInputError, match="268 million"):
        read_picture(tmp_path / "bomb.pgm")


def test_a_reason_that_quotes_a_files_bytes_is_no_traceback(photo: np.ndarray, tmp_path: Path) -> None:
    """libheif names the property it does not know; those bytes are no UTF-8, which pyvips expects."""
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(photo).save(tmp_path / "a.avif", exif=exif)
    content = (tmp_path / "a.avif").read_bytes()
    assert b"irot" in content
    (tmp_path / "a.avif").write_bytes(content.replace(b"irot", b"ir\xddt"))
    with pytest.raises(BadInputError, match="cannot read"):
        read_picture(tmp_path / "a.avif")
    (tmp_path / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(BadInputError) as refused:
        read_picture(tmp_path / "b.png")
    assert "heif" not in str(refused.value)


def test_a_profile_with_a_latin_name_prints_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """libpng warns of a damaged profile by its name, which is Latin-1 (PNG 1.2, 4.2.2.4)."""
    profile = bytearray(SRGB)
    profile[136:140] = b"\xff\xff\xff\xff"  # the first tag's offset: behind the end (ICC.1, 7.3)
    rows = zlib.compress(b"\0\x10\x20\x30")
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))]
    chunks += [(b"iCCP", "Déjà vu".encode("latin-1") + b"\0\0" + zlib.compress(profile)), (b"IDAT", rows)]
    (tmp_path / "a.png").write_bytes(_png(chunks))
    assert read_picture(tmp_path / "a.png").pixels.ravel().tolist() == [0x10, 0x20, 0x30]
    assert capfd.readouterr().err == ""


def test_an_unwritable_target_names_itself_and_leaves_nothing(photo: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"nowhere.*a\.png"):
        write_picture(tmp_path / "nowhere" / "a.png", Picture(photo), Encoding())
    with pytest.raises(OutputError, match=r"cannot write .*wide\.webp"):
        write_picture(tmp_path / "wide.webp", Picture(np.zeros((1, 20_000, 3), np.uint8)), Encoding())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.data
def test_odd_files_are_read_or_refused_within_bounds(data_folder: Path) -> None:
    """Every strange file of moderate size ends in a picture or in a BadInputError that names it."""
    files = [path for path in sorted((data_folder / "odd").glob("*/*")) if path.stat().st_size < 200_000]
    read = 0
    for path in files:
        try:
            picture = read_picture(path)
        except BadInputError as error:
            assert path.name in str(error)
            continue
        read += 1
        assert picture.pixels.ndim == 3
        assert picture.alpha is None or picture.alpha.shape == (picture.height, picture.width, 1)
    assert read > 100


@pytest.mark.parametrize("channel", [0, 3])
def test_a_sample_that_is_no_number_is_refused_in_alpha_too(channel: int, tmp_path: Path) -> None:
    samples = np.full((8, 8, 4), 0.5, np.float32)
    samples[3, 4, channel] = np.nan
    cv2.imwrite(str(tmp_path / "a.tif"), samples[..., [2, 1, 0, 3]])
    with pytest.raises(BadInputError, match="no numbers"):
        read_picture(tmp_path / "a.tif")


def test_no_picture_passes_without_an_outcome() -> None:
    frame = Picture(np.zeros((2, 2, 3), np.uint8))
    assert len(list(_at_least_one(iter([frame, frame])))) == 2
    with pytest.raises(BadInputError, match="no frames"):
        list(_at_least_one(iter(())))
