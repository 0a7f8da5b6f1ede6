"""What travels with the pixels, from file to file; Pillow and tifffile are the judges."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from exif_block import MAKER_NOTE, exif_block
from PIL import Image, ImageCms, IptcImagePlugin, PngImagePlugin

from upscale.images.encoding import Encoding
from upscale.images.image_io import read_picture, write_rows
from upscale.images.iptc import records_of, resource
from upscale.images.picture import Picture, RowPicture, in_one_piece

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
LONG_PROFILE = SRGB + bytes(150_000)  # more than two segments of JPEG
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:ImageWidth="27" tiff:Orientation="6"/></x:xmpmeta>'
RECORDS = b"\x1c\x02\x78\0\x09A caption"
PIXELS = np.random.default_rng(0).integers(0, 256, (80, 108, 3), np.uint8)
FORMATS = ["jpg", "png", "webp", "tiff", "avif"]


def result(**blocks: object) -> RowPicture:
    """A result of 108 x 80 pixels from a source of 27 x 20."""
    like = Picture(PIXELS[:20, :27])
    for name, block in blocks.items():
        object.__setattr__(like, name, block)
    return RowPicture(like, 80, 108, [PIXELS[:30], PIXELS[30:]])


def opened(path: Path) -> Image.Image:
    image = Image.open(io.BytesIO(path.read_bytes()))
    image.load()
    return image


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("suffix", FORMATS)
def test_exif_is_kept_and_corrected(suffix: str, order: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    write_rows(path, result(exif=exif_block(order)), Encoding())
    exif = opened(path).getexif()
    assert (exif.get(0x0112), exif[0x010F], exif.get_ifd(0x8825)[1]) == (1, "a camera", "N")
    assert (exif[0x0100], exif[0x0101], exif.get_ifd(0x8769)[0xA002]) == (108, 80, 108)
    assert not exif.get_ifd(1)
    # A note that counts from the block's beginning cannot be moved into a TIFF file.
    assert exif.get_ifd(0x8769).get(0x927C) == (None if suffix == "tiff" else MAKER_NOTE)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "avif"])
def test_the_block_in_the_file_is_the_sources_byte_for_byte_but_for_the_corrections(
    suffix: str, tmp_path: Path
) -> None:
    source = exif_block()
    write_rows(tmp_path / f"a.{suffix}", result(exif=source), Encoding())
    written = opened(tmp_path / f"a.{suffix}").info["exif"].removeprefix(b"Exif\0\0").rstrip(b"\0")
    different = [at for at, (a, b) in enumerate(zip(source[:270], written[:270], strict=True)) if a != b]
    assert 0 < len(different) < 20
    assert len(written) < 320


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_damaged_block_does_not_fail_the_picture(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    write_rows(path, result(exif=b"Exif\0\0II*\0\xff\xff\xff\xff", xmp=b"\xff\0nonsense"), Encoding())
    assert opened(path).size == (108, 80)
    assert 0x010F not in opened(path).getexif()


@pytest.mark.parametrize("profile", [SRGB, LONG_PROFILE], ids=["short", "long"])
@pytest.mark.parametrize("suffix", FORMATS)
def test_the_profile_is_kept_byte_for_byte(suffix: str, profile: bytes, tmp_path: Path) -> None:
    for encoding in (Encoding(), Encoding(strip_metadata=True)):
        write_rows(tmp_path / f"a.{suffix}", result(icc=profile), encoding)
        assert opened(tmp_path / f"a.{suffix}").info["icc_profile"] == profile


@pytest.mark.parametrize("suffix", FORMATS)
def test_xmp_is_kept_and_corrected(suffix: str, tmp_path: Path) -> None:
    write_rows(tmp_path / f"a.{suffix}", result(xmp=XMP), Encoding())
    expected = XMP.replace(b'"27"', b'"108"').replace(b'"6"', b'"1"')
    assert opened(tmp_path / f"a.{suffix}").info["xmp"] == expected


@pytest.mark.parametrize("suffix", ["jpg", "tiff", "png"])
def test_iptc_is_kept(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    write_rows(path, result(iptc=RECORDS), Encoding())
    if suffix == "png":
        assert RECORDS.hex() in opened(path).info["Raw profile type iptc"].replace("\n", "")
    else:
        assert IptcImagePlugin.getiptcinfo(opened(path)) == {(2, 120): b"A caption"}
    assert read_picture(path).iptc == RECORDS


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_whole_way_through_every_format(suffix: str, tmp_path: Path) -> None:
    """Written, read, and written again as each of the others."""
    path = tmp_path / f"a.{suffix}"
    write_rows(path, result(exif=exif_block(), xmp=XMP, icc=SRGB, iptc=RECORDS, pixels_per_mm=(5.0, 5.0)), Encoding())
    picture = read_picture(path)
    for other in FORMATS:
        write_rows(tmp_path / f"b.{other}", in_one_piece(picture), Encoding())
        image = opened(tmp_path / f"b.{other}")
        assert image.info["icc_profile"] == SRGB
        assert image.getexif()[0x010F] == "a camera"
        assert b'tiff:ImageWidth="108"' in image.info["xmp"]


@pytest.mark.parametrize("suffix", ["jpg", "png", "tiff"])
def test_the_resolution_is_kept_and_not_made_up(suffix: str, tmp_path: Path) -> None:
    write_rows(tmp_path / f"a.{suffix}", result(pixels_per_mm=(300 / 25.4, 200 / 25.4)), Encoding())
    assert np.allclose([float(dpi) for dpi in opened(tmp_path / f"a.{suffix}").info["dpi"]], (300, 200), atol=0.02)
    write_rows(tmp_path / f"a.{suffix}", result(), Encoding())
    # TIFF has to say something: 72, as for EXIF.
    assert opened(tmp_path / f"a.{suffix}").info.get("dpi") == ((72, 72) if suffix == "tiff" else None)


@pytest.mark.parametrize("suffix", FORMATS)
def test_stripped_files_tell_nothing(suffix: str, tmp_path: Path) -> None:
    blocks = {"exif": exif_block(), "xmp": XMP, "iptc": RECORDS, "png_chunks": b"", "pixels_per_mm": (5.0, 5.0)}
    write_rows(tmp_path / f"a.{suffix}", result(**blocks), Encoding(strip_metadata=True))
    content = (tmp_path / f"a.{suffix}").read_bytes()
    for trace in (b"a camera", b"SONY", b"xmpmeta", b"A caption", RECORDS.hex().encode()):
        assert trace not in content
    assert opened(tmp_path / f"a.{suffix}").info.keys().isdisjoint({"exif", "xmp", "photoshop"})


def test_texts_go_from_png_to_png(tmp_path: Path) -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("parameters", "a cat, Größe 3\nSteps: 20")
    texts.add_itxt("Description", "日本語", zip=True)
    texts.add_text("workflow", '{"nodes": []}' * 50, zip=True)
    texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
    Image.fromarray(PIXELS).save(tmp_path / "a.png", pnginfo=texts)
    picture = read_picture(tmp_path / "a.png")
    write_rows(tmp_path / "b.png", in_one_piece(picture), Encoding())
    assert opened(tmp_path / "b.png").text == opened(tmp_path / "a.png").text | {
        "XML:com.adobe.xmp": XMP.decode().replace('"27"', '"80"').replace('"6"', '"1"')  # it was turned
    }
    write_rows(tmp_path / "c.png", in_one_piece(picture), Encoding(strip_metadata=True))
    assert opened(tmp_path / "c.png").text == {}


def test_chunks_that_say_what_colours_mean_are_kept_in_png(tmp_path: Path) -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add(b"gAMA", struct.pack(">I", 100_000))
    Image.fromarray(PIXELS).save(tmp_path / "a.png", pnginfo=texts)
    for encoding in (Encoding(), Encoding(strip_metadata=True)):
        write_rows(tmp_path / "b.png", in_one_piece(read_picture(tmp_path / "a.png")), encoding)
        assert opened(tmp_path / "b.png").info["gamma"] == 1.0


def test_a_block_in_an_old_png_text_is_found(tmp_path: Path) -> None:
    block = b"Exif\0\0" + exif_block()
    texts = PngImagePlugin.PngInfo()
    texts.add(
        b"zTXt",
        b"Raw profile type APP1\0\0" + zlib.compress(f"\ngeneric profile\n{len(block):8d}\n{block.hex()}\n".encode()),
    )
    Image.fromarray(PIXELS).save(tmp_path / "a.png", pnginfo=texts)
    write_rows(tmp_path / "b.png", in_one_piece(read_picture(tmp_path / "a.png")), Encoding())
    assert opened(tmp_path / "b.png").getexif()[0x010F] == "a camera"
    assert "Raw profile type APP1" not in opened(tmp_path / "b.png").text


def test_a_large_tiff_has_its_tags_too(tmp_path: Path) -> None:
    """BigTIFF's directories are others; one of more than 4 GiB would be too large for a test."""
    from upscale.images.metadata import Metadata
    from upscale.images.tag_directories import extend
    from upscale.images.tiff_metadata import tiff_tags

    tifffile.imwrite(tmp_path / "a.tiff", PIXELS, bigtiff=True, metadata=None)
    with (tmp_path / "a.tiff").open("rb+") as file:
        extend(file, tiff_tags(Metadata(SRGB, exif_block(), XMP, RECORDS)))
    with tifffile.TiffFile(tmp_path / "a.tiff") as tiff:
        tags = tiff.pages[0].tags
        assert tiff.is_bigtiff
        assert (tags[34675].value, tags[700].value, tags[33723].value) == (SRGB, XMP, RECORDS)
        assert (tags["Make"].value, tags["GPSTag"].value["GPSLatitudeRef"]) == ("a camera", "N")
        assert np.array_equal(tiff.asarray(), PIXELS)


def test_resources_of_photoshop_lose_all_but_iptc() -> None:
    other = b"8BIM" + struct.pack(">H", 1036) + b"\x03abc" + struct.pack(">I", 5) + b"thumb\0"
    wrapped = b"Photoshop 3.0\0" + other + resource(RECORDS).removeprefix(b"Photoshop 3.0\0")
    assert records_of(wrapped) == RECORDS
    assert records_of(RECORDS) == RECORDS
    assert records_of(b"Photoshop 3.0\0" + other) is None
    for end in range(len(wrapped)):
        records_of(wrapped[:end])


def test_a_block_too_long_for_avif_is_left_out(tmp_path: Path) -> None:
    comment = struct.pack("<HHHII", 1, 0x010F, 2, 70_000, 26)
    write_rows(tmp_path / "a.avif", result(exif=b"II*\0\x08\0\0\0" + comment + bytes(4) + b"x" * 70_000), Encoding())
    image = opened(tmp_path / "a.avif")
    assert (image.size, 0x010F in image.getexif()) == ((108, 80), False)


def test_a_text_with_a_wrong_checksum_is_not_copied(tmp_path: Path) -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Title", "whole")
    texts.add_text("Comment", "damaged")
    Image.fromarray(PIXELS[:20, :27]).save(tmp_path / "a.png", pnginfo=texts)
    content = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(content.replace(b"damaged", b"dAmaged"))
    source = read_picture(tmp_path / "a.png")
    write_rows(tmp_path / "b.png", RowPicture(source, 80, 108, [PIXELS]), Encoding())
    assert opened(tmp_path / "b.png").info["Title"] == "whole"
    assert "Comment" not in opened(tmp_path / "b.png").info
