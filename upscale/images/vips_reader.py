"""Decoding with libvips: jpeg, png, webp, tiff, gif (its first frame), avif."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyvips

from upscale.errors import BadInputError
from upscale.images.bits import filled
from upscale.images.carried import with_carried
from upscale.images.iptc import records_of
from upscale.images.limit import too_large
from upscale.images.orientation import reset_exif, reset_xmp, upright, xmp_orientation
from upscale.images.picture import Picture, Samples
from upscale.images.tiff_tags import lab_as_rgb, refuse_unknown
from upscale.vips_setup import prepare

_LOADERS = {
    "jpg": pyvips.Image.jpegload_buffer,
    "png": pyvips.Image.pngload_buffer,
    "webp": pyvips.Image.webpload_buffer,
    "tiff": pyvips.Image.tiffload_buffer,
    "gif": pyvips.Image.gifload_buffer,
    "avif": pyvips.Image.heifload_buffer,
}
FORMATS = frozenset(_LOADERS)

_DIRECT = ("b-w", "grey16", "srgb", "rgb", "rgb16", "scrgb", "multiband")
_DTYPES = {"uchar": np.uint8, "ushort": np.uint16, "float": np.float32}
# libvips' line cache is searched row by row: 54,284 rows at once took 3 s, in steps of 128 0.02 s.
_FETCHED_ROWS = 128
_SIGNED = {"char": 8, "short": 16, "int": 32}

# It turns and mirrors by properties of its own, which libheif has applied; its EXIF block's orientation is to be
# ignored (ISO/IEC 23008-12, 6.5.10 and A.2.2).
_TURNED = "avif"


def decode(content: bytes, format_name: str, limit_px: int) -> Picture:
    """The picture in a file's bytes; raises BadInputError with a bare reason, for the caller to complete."""
    prepare()
    lab = None
    if format_name == "tiff":
        refuse_unknown(content)
        lab = lab_as_rgb(content)
    with explained():
        # "error" and not "truncated": else a bad checksum or a strip that is not there passes as gray.
        image = _LOADERS[format_name](lab or content, access="sequential", fail_on="error")
        if image.width * image.height > limit_px:
            raise BadInputError(too_large(image.height, image.width, limit_px))
        picture = picture_of(_lab(image) if lab else image, turned=format_name == _TURNED)
        return with_carried(picture, content, format_name)


@contextmanager
def explained() -> Iterator[None]:
    """What libvips says of a file, as BadInputError with a bare reason."""
    try:
        yield
    except pyvips.Error as error:
        raise BadInputError(_reason(str(error.detail))) from error
    except UnicodeDecodeError as error:  # libvips quoted the file's bytes, and pyvips gave up on its text
        pyvips.vips_lib.vips_error_clear()
        raise BadInputError(_reason("")) from error


def picture_of(image: Any, *, turned: bool) -> Picture:  # noqa: ANN401  pyvips has no types
    """`turned`: whether the decoder has applied the orientation."""
    converted = shown(image)
    exif, xmp = _meta(image, "exif-data"), _meta(image, "xmp-data")
    orientation = 1 if turned else orientation_of(image)
    samples = upright(_samples(converted), orientation)
    if turned and samples.dtype == np.uint16:
        samples = filled(samples, _meta(image, "bits-per-sample") or 16)
    pixels, alpha = split(samples, converted.hasalpha())
    return Picture(
        pixels=pixels,
        alpha=alpha,
        # A CMYK or Lab profile does not describe the sRGB that came out; untagged means sRGB.
        icc=_meta(image, "icc-profile-data") if image.interpretation in _DIRECT else None,
        exif=reset_exif(exif) if exif else None,
        xmp=reset_xmp(xmp) if xmp and (turned or orientation != 1) else xmp,
        pixels_per_mm=(image.xres, image.yres),
        iptc=records_of(_meta(image, "iptc-data") or b""),
        pages=_meta(image, "n-pages") or 1,
    )


def orientation_of(image: Any) -> int:  # noqa: ANN401
    """EXIF's, which comes first where both have one (Metadata Working Group, Guidelines 2.0, 5.5), or XMP's."""
    return _meta(image, "orientation") or xmp_orientation(_meta(image, "xmp-data") or b"")


def _displayable(image: Any) -> Any:  # noqa: ANN401
    """Gray or RGB: CMYK goes through its profile, Lab and the like through their definitions, as deep as they are."""
    if image.interpretation in _DIRECT:
        return image
    if image.interpretation == "labs":  # Lab of 16 bits
        return _seen(image.colourspace("lab"), depth=16)
    return image.colourspace({"uchar": "srgb", "float": "scrgb"}.get(image.format, "rgb16"))


def _lab(image: Any) -> Any:  # noqa: ANN401
    """8-bit CIELAB that was read as RGB, in floats: L of 0..255 for 0..100, a and b signed (TIFF 6.0, section 23)."""
    if image.bands < 3:
        raise BadInputError("its colours are CIELAB, but it has fewer than three channels")
    light, a, b = image[:3].bandsplit()
    lab = (light * (100 / 255)).bandjoin([(a ^ 128) - 128, (b ^ 128) - 128])
    return _seen(lab.cast("float").copy(interpretation="lab"), depth=8)


def _seen(lab: Any, depth: int) -> Any:  # noqa: ANN401
    """Lab as sRGB of so many bits. Its white is D50, as in profiles and with Photoshop; libvips takes it for D65."""
    seen = lab.icc_export(pcs="lab", intent="relative", output_profile="srgb", depth=depth).copy()
    seen.remove("icc-profile-data")
    return seen


def _samples(image: Any) -> Samples:  # noqa: ANN401
    """Shape: (height, width, bands), uint8, uint16 or float32."""
    return rows_of(image, image.write_to_memory(), image.height)


def shown(image: Any) -> Any:  # noqa: ANN401
    """Gray or RGB, with alpha where there is some, in samples of a type that we know."""
    image = _displayable(image)
    if image.format in _SIGNED:
        raise BadInputError(f"signed samples of {_SIGNED[image.format]} bits are not supported")
    if image.format == "uint":
        image = (image >> 16).cast("ushort")
    elif image.format == "double":
        image = image.cast("float")
    if image.format not in _DTYPES:
        raise BadInputError(f"samples of type {image.format} are not supported")
    return image


def rows_of(image: Any, content: Any, height: int) -> Samples:  # noqa: ANN401
    """Rows of an image, from their bytes. Shape: (height, width, bands)."""
    return np.frombuffer(content, _DTYPES[image.format]).reshape(height, image.width, image.bands)


def fetched(region: Any, image: Any, top: int, count: int) -> Samples:  # noqa: ANN401
    """Rows of a sequential image, the next ones. Shape: (count, width, bands)."""
    starts = range(top, top + count, _FETCHED_ROWS)
    parts = [(start, min(_FETCHED_ROWS, top + count - start)) for start in starts]
    rows = [rows_of(image, region.fetch(0, start, image.width, height), height) for start, height in parts]
    return np.concatenate(rows) if len(rows) > 1 else rows[0]


def split(samples: Samples, has_alpha: bool) -> tuple[Samples, Samples | None]:
    """Colour and alpha. Shapes: (height, width, 1 or 3) and (height, width, 1)."""
    colours = samples.shape[2] - has_alpha
    if colours not in (1, 3):
        raise BadInputError(f"{samples.shape[2]} channels are neither gray nor RGB")
    if not has_alpha:
        return samples, None
    return np.ascontiguousarray(samples[..., :colours]), np.ascontiguousarray(samples[..., colours:])


def _meta(image: Any, field: str) -> Any:  # noqa: ANN401
    return image.get(field) if image.get_typeof(field) else None


def _reason(detail: str) -> str:
    """With the last line that says something; libvips puts the outermost call first."""
    lines = [line.strip() for line in detail.splitlines() if line.strip()]
    telling = [line for line in lines if not line.endswith(("load error", "read error"))]
    last = (telling or lines)[-1:]
    return "it is damaged, cut short or of an unknown kind" + "".join(f" ({line})" for line in last)
