"""What libvips does not know, written by Pillow, OpenCV, PyAV or by hand."""

import io
import struct
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from upscale.errors import BadInputError
from upscale.images.image_io import read_picture
from upscale.images.picture import Picture

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def encoded(codec: str, layout: str, samples: NDArray[np.generic], options: dict[str, str] | None = None) -> bytes:
    """A picture file by one of FFmpeg's encoders."""
    context = av.CodecContext.create(codec, "w")
    assert isinstance(context, av.VideoCodecContext)
    frame = av.VideoFrame.from_ndarray(samples, format=layout)
    context.width, context.height, context.pix_fmt = frame.width, frame.height, layout
    context.time_base, context.options = Fraction(1, 25), options or {}
    return b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])


def read(content: bytes, path: Path) -> Picture:
    path.write_bytes(content)
    return read_picture(path)


@pytest.fixture
def unit(photo: np.ndarray) -> NDArray[np.float32]:
    """Floats of which some are above white and some below black. Shape: (20, 27, 3)."""
    return (photo / np.float32(200) - np.float32(0.1)).astype(np.float32)


@pytest.mark.parametrize("compression", ["none", "zip1", "zip16"])
@pytest.mark.parametrize("depth", ["float", "half"])
def test_exr_stays_float(compression: str, depth: str, unit: NDArray[np.float32], tmp_path: Path) -> None:
    content = encoded("exr", "gbrpf32le", unit, {"format": depth, "compression": compression})
    picture = read(content, tmp_path / "a.exr")
    assert picture.pixels.dtype == np.float32
    assert np.abs(picture.pixels - unit).max() <= (0 if depth == "float" else 0.001)
    profile = ImageCms.ImageCmsProfile(io.BytesIO(picture.icc or b""))
    assert "linear" in ImageCms.getProfileDescription(profile).lower()


def test_gray_and_associated_alpha_of_exr(unit: NDArray[np.float32], tmp_path: Path) -> None:
    gray = read(encoded("exr", "grayf32le", unit[..., 0].copy(), {"format": "float"}), tmp_path / "g.exr")
    assert np.array_equal(gray.pixels[..., 0], unit[..., 0])
    alpha = np.full((20, 27, 1), 0.25, np.float32)
    alpha[3] = 0
    content = encoded("exr", "gbrapf32le", np.dstack([unit * alpha, alpha]), {"format": "float"})
    picture = read(content, tmp_path / "a.exr")
    assert picture.alpha is not None
    assert np.array_equal(picture.alpha, alpha)
    seen = alpha[..., 0] > 0
    assert np.abs(picture.pixels - unit)[seen].max() < 1e-6


def test_hdr_and_pfm(unit: NDArray[np.float32], tmp_path: Path) -> None:
    positive = np.abs(unit)
    cv2.imwrite(str(tmp_path / "a.hdr"), positive[..., ::-1])
    picture = read_picture(tmp_path / "a.hdr")
    largest = positive.max(axis=2, keepdims=True)
    assert (np.abs(picture.pixels - positive) <= largest / 128).all()  # 8 bits and a common exponent
    cv2.imwrite(str(tmp_path / "a.pfm"), unit[..., ::-1])
    assert np.array_equal(read_picture(tmp_path / "a.pfm").pixels, unit)


@pytest.mark.parametrize("bits", [10, 12])
def test_white_of_few_bits_is_white(bits: int, photo: np.ndarray, tmp_path: Path) -> None:
    deep = photo.astype(np.uint16) << (bits - 8)
    deep[0] = 2**bits - 1
    picture = read(encoded("dpx", f"gbrp{bits}le", deep), tmp_path / "a.dpx")
    assert (picture.pixels[0] == 65535).all()
    assert np.abs(picture.pixels / 65535 - deep / (2**bits - 1)).max() < 1e-4


@pytest.mark.parametrize("maxval", [15, 255, 1023, 65535])
def test_pnm_is_scaled_by_its_white(maxval: int, photo: np.ndarray, tmp_path: Path) -> None:
    levels = np.rint(photo / 255 * maxval)
    samples = levels.astype(">u2" if maxval > 255 else "u1")
    picture = read(b"P6\n27 20\n%d\n" % maxval + samples.tobytes(), tmp_path / "a.ppm")
    white = np.iinfo(picture.pixels.dtype).max
    assert picture.depth == (16 if maxval > 255 else 8)
    assert np.abs(picture.pixels / white - levels / maxval).max() < 0.003


def test_gray_and_alpha_of_pam(tmp_path: Path) -> None:
    head = b"P7\nWIDTH 2\nHEIGHT 1\nDEPTH 2\nMAXVAL %d\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\n"
    for maxval, kind in ((255, "u1"), (65535, ">u2")):
        content = head % maxval + np.array([16, 200, 32, 128], kind).tobytes()
        picture = read(content, tmp_path / f"{maxval}.pam")
        assert picture.alpha is not None
        assert (picture.pixels.ravel().tolist(), picture.alpha.ravel().tolist()) == ([16, 32], [200, 128])


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P"])
@pytest.mark.parametrize("suffix", ["tga", "jp2", "dds"])
def test_modes_survive(suffix: str, mode: str, photo: np.ndarray, tmp_path: Path) -> None:
    if (suffix, mode) in (("jp2", "P"), ("dds", "L"), ("dds", "LA"), ("dds", "P")):
        pytest.skip("Pillow does not write it, or FFmpeg does not read it")
    image = Image.fromarray(photo).convert(mode)
    if mode.endswith("A"):
        image.putalpha(Image.fromarray(photo[..., 1]))
    image.save(tmp_path / f"a.{suffix}")
    picture = read_picture(tmp_path / f"a.{suffix}")
    expected = np.asarray(image.convert("RGB"))
    assert picture.pixels.shape[2] == (1 if mode.startswith("L") else 3)
    assert np.array_equal(picture.pixels, expected[..., : picture.pixels.shape[2]])
    assert (picture.alpha is not None) == mode.endswith("A")
    if picture.alpha is not None:
        assert np.array_equal(picture.alpha[..., 0], photo[..., 1])


def photoshop(planes: NDArray[np.generic], mode: int, resources: bytes = b"") -> bytes:
    """A PSD file without layers. Shape of `planes`: (channels, height, width), big-endian."""
    channels, height, width = planes.shape
    head = struct.pack(">4sH6xHIIHHI", b"8BPS", 1, channels, height, width, 8 * planes.dtype.itemsize, mode, 0)
    return head + struct.pack(">I", len(resources)) + resources + bytes(4) + bytes(2) + planes.tobytes()


@pytest.mark.parametrize("kind", ["u1", ">u2"])
def test_psd_with_its_profile(kind: str, photo: np.ndarray, tmp_path: Path) -> None:
    planes = photo.transpose(2, 0, 1).astype(kind)
    resources = struct.pack(">4sHHI", b"8BIM", 1005, 0, 3) + b"xyz\0"
    resources += struct.pack(">4sHHI", b"8BIM", 1039, 0, len(SRGB)) + SRGB
    picture = read(photoshop(planes, 3, resources), tmp_path / "a.psd")
    assert np.array_equal(picture.pixels, photo)
    assert picture.pixels.dtype.itemsize == planes.dtype.itemsize
    assert picture.icc == SRGB
    assert read(photoshop(planes[:1], 1), tmp_path / "g.psd").pixels.shape == (20, 27, 1)
    with pytest.raises(BadInputError, match="RGB"):
        read(photoshop(planes, 9), tmp_path / "lab.psd")


@pytest.mark.parametrize("name", ["a.exr", "a.hdr", "a.pfm", "a.dpx", "a.jp2", "a.qoi", "a.psd", "a.dds"])
@pytest.mark.parametrize("share", [0.2, 0.6, 0.98])
def test_what_ends_early_fails(name: str, share: float, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    unit = (noise / 255).astype(np.float32)
    path = tmp_path / name
    if name == "a.psd":
        path.write_bytes(photoshop(noise.transpose(2, 0, 1), 3))
    elif name == "a.exr":
        path.write_bytes(encoded("exr", "gbrpf32le", unit, {"compression": "zip16"}))
    elif name == "a.dpx":
        path.write_bytes(encoded("dpx", "rgb24", noise))
    elif name in ("a.hdr", "a.pfm"):
        cv2.imwrite(str(path), unit)
    else:
        Image.fromarray(noise).save(path)
    assert read_picture(path).height == 64
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(BadInputError, match=r"cannot read .*a\."):
        read_picture(path)


@pytest.mark.parametrize("kind", ["png", "bmp"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_the_largest_picture_of_an_icon_counts(kind: str, mode: str, photo: np.ndarray, tmp_path: Path) -> None:
    image = Image.fromarray(photo).resize((32, 32)).convert(mode)
    image.save(tmp_path / "a.ico", sizes=[(16, 16), (32, 32)], bitmap_format=kind)
    picture = read_picture(tmp_path / "a.ico")
    assert np.array_equal(picture.pixels, np.asarray(image.convert("RGB")))
    assert not picture.transparent


def test_the_mask_of_an_icon_becomes_alpha(tmp_path: Path) -> None:
    colours, mask = bytes(range(12)) * 2, b"\x80\0\0\0\x40\0\0\0"
    bitmap = struct.pack("<IiiHHIIiiII", 40, 2, 4, 1, 24, 0, 0, 0, 0, 0, 0) + (colours[:6] + b"\0\0") * 2 + mask
    content = struct.pack("<3H4B2H2I", 0, 1, 1, 2, 2, 0, 0, 1, 24, len(bitmap), 22) + bitmap
    picture = read(content, tmp_path / "a.ico")
    assert picture.alpha is not None
    assert picture.alpha[..., 0].tolist() == [[255, 0], [0, 255]]
    assert picture.pixels[0].tolist() == [[2, 1, 0], [5, 4, 3]]
