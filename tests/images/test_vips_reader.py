"""TIFF in its many kinds, by tifffile; and what else libvips decodes, by Pillow."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
import tifffile
from PIL import Image, ImageCms, PngImagePlugin

from upscale.errors import BadInputError
from upscale.images.image_io import read_picture

KINDS: dict[str, dict[str, Any]] = {
    "big-endian": {"byteorder": ">"},
    "BigTIFF": {"bigtiff": True},
    "tiled": {"tile": (16, 16)},
    "deflate": {"compression": "deflate", "predictor": 2},
    "strips": {"rowsperstrip": 3},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("depth", [8, 16])
def test_tiffs_of_all_kinds(kind: str, depth: int, photo: np.ndarray, tmp_path: Path) -> None:
    if kind == "deflate":
        pytest.importorskip("imagecodecs", reason="tifffile needs it for the predictor")
    samples = photo.astype(np.uint16) * 257 if depth == 16 else photo
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="rgb", **KINDS[kind])
    assert np.array_equal(read_picture(tmp_path / "a.tif").pixels, samples)


def test_planes_pages_and_many_bits(photo: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, photo.transpose(2, 0, 1).copy(), planarconfig="separate", photometric="rgb")
    assert np.array_equal(read_picture(path).pixels, photo)
    tifffile.imwrite(path, np.stack([photo, 255 - photo]), photometric="rgb")
    assert np.array_equal(read_picture(path).pixels, photo)
    tifffile.imwrite(path, photo.astype(np.uint32) << 24, photometric="rgb")
    assert np.array_equal(read_picture(path).pixels, photo.astype(np.uint16) << 8)
    tifffile.imwrite(path, 255 - photo[..., 0], photometric="miniswhite")
    assert np.array_equal(read_picture(path).pixels, photo[..., :1])


@pytest.mark.parametrize("depth", [8, 16])
def test_associated_alpha_is_taken_out_of_the_colours(depth: int, photo: np.ndarray, tmp_path: Path) -> None:
    white = 2**depth - 1
    alpha = np.full((20, 27, 1), white // 2, f"uint{depth}")
    multiplied = np.rint(photo / 255 * alpha).astype(alpha.dtype)
    both = np.concatenate([multiplied, alpha], axis=2)
    tifffile.imwrite(tmp_path / "a.tif", both, photometric="rgb", extrasamples=["assocalpha"])
    picture = read_picture(tmp_path / "a.tif")
    assert np.abs(picture.pixels / white - photo / 255).max() < 2 / 255
    assert picture.alpha is not None
    assert np.array_equal(picture.alpha, alpha)
    tifffile.imwrite(tmp_path / "a.tif", both, photometric="rgb", extrasamples=["unassalpha"])
    assert np.array_equal(read_picture(tmp_path / "a.tif").pixels, multiplied)


@pytest.mark.parametrize("depth", [8, 16])
def test_lab_is_seen_as_other_programs_see_it(depth: int, photo: np.ndarray, tmp_path: Path) -> None:
    rgb = ImageCms.createProfile("sRGB")
    to_lab = ImageCms.buildTransform(rgb, ImageCms.createProfile("LAB"), "RGB", "LAB")
    lab = np.asarray(ImageCms.applyTransform(Image.fromarray(photo), to_lab)).astype(np.uint8)
    samples = lab
    if depth == 16:
        light, colours = lab[..., :1].astype(np.uint16) * 257, lab[..., 1:].astype(np.uint16) << 8
        samples = np.concatenate([light, colours], axis=2)
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="cielab")
    picture = read_picture(tmp_path / "a.tif")
    assert picture.depth == depth
    assert picture.icc is None
    difference = np.abs(picture.pixels / (2**depth - 1) - photo / 255)
    assert difference.max() < 0.05  # 8 bits of a and b
    assert difference.mean() < 0.01


@pytest.mark.parametrize("depth", [8, 16])
def test_cmyk_goes_through_its_profile(depth: int, photo: np.ndarray, tmp_path: Path) -> None:
    profile = pyvips.Image.profile_load("cmyk")
    inks = np.dstack([photo // 2, photo[..., 0] // 3])
    samples = inks.astype(np.uint16) * 257 if depth == 16 else inks
    tags = [(34675, 7, len(profile), bytes(profile), True)]
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="separated", extratags=tags)
    (tmp_path / "cmyk.icc").write_bytes(profile)
    to_rgb = ImageCms.buildTransform(
        str(tmp_path / "cmyk.icc"), ImageCms.createProfile("sRGB"), "CMYK", "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC
    )
    # Pillow wants inks as libtiff gives them.
    expected = np.asarray(ImageCms.applyTransform(Image.fromarray(inks, "CMYK"), to_rgb))
    picture = read_picture(tmp_path / "a.tif")
    assert picture.depth == depth
    assert picture.icc is None
    assert np.abs(picture.pixels / (2**depth - 1) - expected / 255).max() < 0.03


@pytest.mark.parametrize("bits", [8, 10, 12])
def test_white_of_avif_is_white(bits: int, photo: np.ndarray, tmp_path: Path) -> None:
    deep = photo.astype(np.uint16) * 257
    deep[0] = 65535
    image = pyvips.Image.new_from_memory(deep.tobytes(), 27, 20, 3, "ushort").copy(interpretation="rgb16")
    image.heifsave(str(tmp_path / "a.avif"), compression="av1", bitdepth=bits, lossless=True)
    picture = read_picture(tmp_path / "a.avif")
    assert picture.depth == (8 if bits == 8 else 16)
    white = np.iinfo(picture.pixels.dtype).max
    assert (picture.pixels[0] == white).all()
    assert np.abs(picture.pixels / white - deep / 65535).max() < 1 / 2**bits


@pytest.mark.parametrize(
    ("tag", "value", "reason"),
    [(254, 1, "raw file"), (262, 32803, "a sensor's"), (259, 6, "old-style JPEG"), (259, 50000, "Zstandard")],
)
def test_what_only_looks_like_a_picture_is_refused(
    tag: int, value: int, reason: str, photo: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, photo, photometric="rgb", subfiletype=2)
    content = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as file:
        entry = file.pages[0].tags[tag]
        struct.pack_into("<H", content, entry.valueoffset, value)
    path.write_bytes(content)
    with pytest.raises(BadInputError, match=reason):
        read_picture(path)


@pytest.mark.parametrize(("kind", "reason"), [("i1", "8 bits"), ("i2", "16 bits"), ("u8", "cannot read")])
def test_samples_that_are_no_colours_are_refused(kind: str, reason: str, photo: np.ndarray, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", photo.astype(kind), photometric="rgb")
    with pytest.raises(BadInputError, match=reason):
        read_picture(tmp_path / "a.tif")


def test_few_bits_are_stretched_to_the_white(tmp_path: Path) -> None:
    for bits in (1, 2, 4):
        shades = [level * 255 // (2**bits - 1) for level in range(2**bits)]
        image = Image.fromarray(np.arange(2**bits, dtype=np.uint8)[None]).convert("L")
        image.putpalette([shade for shade in shades for _ in range(3)])
        image.save(tmp_path / f"{bits}.png", bits=bits)
        assert read_picture(tmp_path / f"{bits}.png").pixels[0, :, 0].tolist() == shades


def test_texts_are_read(photo: np.ndarray, tmp_path: Path) -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("parameters", "a cat, sampler: euler")
    Image.fromarray(photo).save(tmp_path / "a.png", pnginfo=texts)
    assert b"sampler: euler" in read_picture(tmp_path / "a.png").png_chunks
