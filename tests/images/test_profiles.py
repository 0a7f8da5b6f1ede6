"""Colours, with LittleCMS through Pillow as the judge."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from upscale.images.colour_profile import Chromaticities, gamma_profile, linear_srgb
from upscale.images.encoding import Encoding
from upscale.images.image_io import read_picture
from upscale.images.picture import Picture
from upscale.images.preparing import prepared
from upscale.images.profiles import to_srgb

# SMPTE RP 431-2 with D65: Display P3.
P3 = gamma_profile(2.2, Chromaticities(0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060))
GRAY = gamma_profile(1.8, None)
SRGB = ImageCms.createProfile("sRGB")
TARGET = Path("a.png")


def colours() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)


def by_pillow(pixels: np.ndarray, profile: bytes) -> np.ndarray:
    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    intent, flags = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION
    return np.asarray(ImageCms.profileToProfile(image, source, SRGB, intent, "RGB", flags=flags)).astype(int)


def test_colours_go_to_srgb_as_littlecms_takes_them() -> None:
    pixels = colours()
    converted = to_srgb(Picture(pixels, icc=P3))
    assert converted is not None
    assert converted.icc is None
    expected = by_pillow(pixels, P3)
    assert np.abs(converted.pixels - expected).max() <= 1
    assert np.abs(pixels - expected).max() > 20
    deep = to_srgb(Picture(pixels.astype(np.uint16) * 257, icc=P3))
    assert deep is not None
    assert deep.pixels.dtype == np.uint16
    assert np.abs(deep.pixels / 257 - expected).max() <= 1.5  # theirs is rounded


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("profile", [GRAY, P3], ids=["gray profile", "colour profile"])
def test_gray_stays_gray(profile: bytes, dtype: type) -> None:
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    white = 257 if dtype == np.uint16 else 1
    converted = to_srgb(Picture(pixels.astype(dtype) * dtype(white), pixels.astype(dtype), icc=profile))
    assert converted is not None
    assert (converted.pixels.shape, converted.pixels.dtype) == ((16, 16, 1), dtype)
    judged = pixels if profile is GRAY else np.repeat(pixels, 3, axis=2)
    assert np.abs(converted.pixels[..., 0] / white - by_pillow(judged, profile)[..., 1]).max() <= 1.5
    assert converted.alpha is not None
    assert np.array_equal(converted.alpha[..., 0], pixels[..., 0])


def test_linear_floats_are_converted_by_the_standards_formula() -> None:
    pixels = np.array([[[-0.5], [0.0], [0.002], [0.5], [1.0], [4.0]]], np.float32)
    converted = to_srgb(Picture(pixels, icc=linear_srgb()))
    assert converted is not None
    assert np.allclose(converted.pixels.ravel(), [-0.7354, 0, 0.02584, 0.7354, 1, 1.8248], atol=1e-4)


@pytest.mark.parametrize("profile", [b"", b"no profile at all", P3[:200], bytes(400)])
def test_what_cannot_be_converted_is_kept_with_a_note(profile: bytes) -> None:
    picture = Picture(colours(), icc=profile)
    kept, note = prepared(picture, TARGET, Encoding(icc="srgb"))
    assert (kept.pixels is picture.pixels, kept.icc) == (True, profile)
    assert note is not None
    assert "ICC" in note


def test_a_gray_profile_is_no_profile_for_rgb() -> None:
    """WebP knows gray as RGB only: there it is converted."""
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    picture, note = prepared(Picture(pixels, icc=GRAY), Path("a.webp"), Encoding())
    assert (picture.icc, note) == (None, None)
    assert np.abs(picture.pixels[..., 0] - by_pillow(pixels, GRAY)[..., 1]).max() <= 1
    assert prepared(Picture(pixels, icc=GRAY), TARGET, Encoding())[0].icc == GRAY


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("gamma", [1.0, 1 / 1.8, 1 / 2.2])
def test_gamma_in_a_png_is_a_profile_elsewhere(gamma: float, channels: int, tmp_path: Path) -> None:
    chunk = PngImagePlugin.PngInfo()
    chunk.add(b"gAMA", struct.pack(">I", round(100_000 * gamma)))
    pixels = colours()[..., :channels]
    Image.fromarray(pixels.squeeze()).save(tmp_path / "a.png", pnginfo=chunk)
    source = read_picture(tmp_path / "a.png")
    assert prepared(source, TARGET, Encoding())[0] is source
    elsewhere, _ = prepared(source, Path("a.jpg"), Encoding())
    if abs(gamma - 1 / 2.2) < 1e-3:  # which stands for sRGB
        assert elsewhere.icc is None
        return
    assert elsewhere.icc is not None
    # In light: the number to the power that the chunk says, by LittleCMS out of the profile.
    light = 255 * (pixels[..., :1] / 255) ** (1 / gamma)
    linear = io.BytesIO(gamma_profile(1.0, None))
    image = Image.fromarray(pixels.squeeze() if channels == 1 else np.repeat(pixels[..., :1], 3, axis=2))
    seen = ImageCms.profileToProfile(image, io.BytesIO(elsewhere.icc), linear, 1, "L")
    assert np.abs(np.asarray(seen).astype(float) - light[..., 0]).max() < 1.5


def test_the_primaries_of_srgb_give_the_known_profile() -> None:
    """The profile's numbers for sRGB stand in IEC 61966-2-1's own profile, which LittleCMS makes."""
    bt709 = Chromaticities(0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
    ours = ImageCms.ImageCmsProfile(io.BytesIO(gamma_profile(2.2, bt709))).profile
    theirs = ImageCms.ImageCmsProfile(SRGB).profile
    for name in ("red_colorant", "green_colorant", "blue_colorant"):
        assert np.allclose(getattr(ours, name)[0], getattr(theirs, name)[0], atol=2e-4)


def test_more_bits_are_for_formats_that_have_them() -> None:
    pixels = colours()
    deep, _ = prepared(Picture(pixels, pixels[..., :1]), TARGET, Encoding(bit_depth="16"))
    assert np.array_equal(deep.pixels, pixels.astype(np.uint16) * 257)
    assert deep.alpha is not None
    assert deep.alpha.dtype == np.uint16
    assert prepared(Picture(pixels), Path("a.jpg"), Encoding(bit_depth="16"))[0].depth == 8


def png_with(gamma: int, primaries: tuple[int, ...], path: Path) -> Picture:
    chunks = PngImagePlugin.PngInfo()
    chunks.add(b"gAMA", struct.pack(">I", gamma))
    if primaries:
        chunks.add(b"cHRM", struct.pack(">8I", *primaries))
    Image.fromarray(colours()).save(path, pnginfo=chunks)
    return read_picture(path)


@pytest.mark.parametrize(
    "primaries",
    [
        (0,) * 8,
        (1,) * 8,
        (31270, 0, 64000, 33000, 30000, 60000, 15000, 6000),
        (31270, 1, 64000, 33000, 30000, 60000, 15000, 6000),
        (31270, 32900, 64000, 33000, 64000, 33000, 15000, 6000),
        (31270, 32900, 10000, 10000, 20000, 20000, 30000, 30000),
        (2**32 - 1,) * 8,
        (31270, 32900, 64000, 33000, 63999, 33000, 15000, 6000),
    ],
)
def test_primaries_that_make_no_white_are_as_if_they_were_not_there(primaries: tuple[int, ...], tmp_path: Path) -> None:
    damaged = png_with(100_000, primaries, tmp_path / "a.png")
    assert b"cHRM" in damaged.png_chunks
    without = png_with(100_000, (), tmp_path / "b.png")
    prepared_damaged, prepared_without = (prepared(p, Path("a.jpg"), Encoding())[0] for p in (damaged, without))
    assert prepared_damaged.icc == prepared_without.icc
    assert np.array_equal(prepared_damaged.pixels, prepared_without.pixels)


def test_a_gamma_of_zero_says_nothing(tmp_path: Path) -> None:
    picture, _ = prepared(png_with(0, (0,) * 8, tmp_path / "a.png"), Path("a.jpg"), Encoding())
    assert picture.icc is None
    assert np.array_equal(picture.pixels, colours())


def test_primaries_at_the_corners_of_the_diagram_are_used(tmp_path: Path) -> None:
    """Light of the third kind has a y of 0; the columns are then D50's own numbers, but for its adaptation."""
    wide = png_with(100_000, (33333, 33333, 100_000, 0, 0, 100_000, 0, 0), tmp_path / "a.png")
    icc = prepared(wide, Path("a.jpg"), Encoding())[0].icc
    assert icc is not None
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc)).profile
    columns = [getattr(profile, f"{name}_colorant")[0] for name in ("red", "green", "blue")]
    assert np.allclose(np.sum(columns, axis=0), (0.9642, 1.0, 0.8249), atol=1e-4)
