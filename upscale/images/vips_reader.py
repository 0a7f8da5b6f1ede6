"""Decoding with libvips: jpeg, png, webp, tiff, gif (its first frame), avif."""

from typing import Any

import numpy as np
import pyvips

from upscale.errors import BadInputError
from upscale.images.orientation import reset_exif, reset_xmp, upright
from upscale.images.picture import Picture, Samples
from upscale.images.vips_setup import prepare

_LOADERS = {
    "jpg": pyvips.Image.jpegload_buffer,
    "png": pyvips.Image.pngload_buffer,
    "webp": pyvips.Image.webpload_buffer,
    "tiff": pyvips.Image.tiffload_buffer,
    "gif": pyvips.Image.gifload_buffer,
    "avif": pyvips.Image.heifload_buffer,
    "heif": pyvips.Image.heifload_buffer,
}
FORMATS = frozenset(_LOADERS)

_DIRECT = ("b-w", "grey16", "srgb", "rgb", "rgb16", "scrgb", "multiband")
_DTYPES = {"uchar": np.uint8, "ushort": np.uint16, "float": np.float32}


def decode(content: bytes, format_name: str, limit_px: int) -> Picture:
    """The picture in a file's bytes; raises BadInputError with a bare reason, for the caller to complete."""
    prepare()
    try:
        # "error" and not "truncated": else a bad checksum or a strip that is not there passes as gray.
        image = _LOADERS[format_name](content, access="sequential", fail_on="error")
        if image.width * image.height > limit_px:
            raise BadInputError(_too_large(image.height, image.width, limit_px))
        return _picture(image)
    except pyvips.Error as error:
        raise BadInputError(_reason(str(error.detail))) from error
    except UnicodeDecodeError as error:  # libvips quoted the file's bytes, and pyvips gave up on its text
        pyvips.vips_lib.vips_error_clear()
        raise BadInputError(_reason("")) from error


def _too_large(height: int, width: int, limit_px: int) -> str:
    return f"it claims {width} x {height} pixels, above the limit of {limit_px / 1e6:.0f} million"


def _picture(image: Any) -> Picture:  # noqa: ANN401  pyvips has no types
    converted = _displayable(image)
    orientation = _meta(image, "orientation") or 1
    samples = upright(_samples(converted), orientation)
    pixels, alpha = _split(samples, converted.hasalpha())
    exif, xmp = _meta(image, "exif-data"), _meta(image, "xmp-data")
    return Picture(
        pixels=pixels,
        alpha=alpha,
        # A CMYK or Lab profile does not describe the sRGB that came out; untagged means sRGB.
        icc=_meta(image, "icc-profile-data") if converted is image else None,
        exif=reset_exif(exif) if exif else None,
        xmp=reset_xmp(xmp) if xmp and orientation != 1 else xmp,
        pixels_per_mm=(image.xres, image.yres),
    )


def _displayable(image: Any) -> Any:  # noqa: ANN401
    """Gray or RGB: CMYK goes through its profile, Lab and the like through their definitions."""
    if image.interpretation in _DIRECT:
        return image
    return image.colourspace("rgb16" if image.format == "ushort" else "srgb")


def _samples(image: Any) -> Samples:  # noqa: ANN401
    """Shape: (height, width, bands), uint8, uint16 or float32."""
    if image.format == "uint":
        image = (image >> 16).cast("ushort")
    elif image.format == "double":
        image = image.cast("float")
    if image.format not in _DTYPES:
        raise BadInputError(f"samples of type {image.format} are not supported")
    flat: Samples = np.frombuffer(image.write_to_memory(), _DTYPES[image.format])
    return flat.reshape(image.height, image.width, image.bands)


def _split(samples: Samples, has_alpha: bool) -> tuple[Samples, Samples | None]:
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
