"""Decoding HEIC, the photos of phones, with pillow-heif: the extra `heic`."""

from io import BytesIO
from typing import Any

import numpy as np

from upscale.errors import BadInputError
from upscale.images.bits import filled
from upscale.images.limit import too_large
from upscale.images.orientation import reset_exif, reset_xmp
from upscale.images.picture import WHITE, Picture, Samples


def decode(content: bytes, limit_px: int) -> Picture:
    """The main picture, which libheif has turned upright; raises BadInputError with a bare reason."""
    try:
        import pillow_heif
    except ImportError as error:
        raise BadInputError("HEIC needs one more package: pip install 'upscale[heic]'") from error
    try:
        main = pillow_heif.open_heif(BytesIO(content), convert_hdr_to_8bit=False)
        width, height = main.size
        if width * height > limit_px:
            raise BadInputError(too_large(height, width, limit_px))
        samples = np.asarray(main).reshape(height, width, -1)
    # As open_heif documents; IndexError where no picture is the main one.
    except (ValueError, EOFError, SyntaxError, RuntimeError, OSError, IndexError) as error:
        raise BadInputError(f"it is damaged, cut short or of an unknown kind ({str(error).strip()})") from error
    return _picture(samples, main)


def _picture(samples: Samples, main: Any) -> Picture:  # noqa: ANN401  pillow_heif may not be there
    info = main.info
    if samples.dtype == np.uint16:
        samples = filled(samples, info["bit_depth"])
    pixels, alpha = samples, None
    if main.has_alpha:
        pixels, alpha = np.ascontiguousarray(samples[..., :-1]), np.ascontiguousarray(samples[..., -1:])
        if main.premultiplied_alpha:
            pixels = _unmultiplied(pixels, alpha)
    return Picture(
        pixels=pixels,
        alpha=alpha,
        icc=info.get("icc_profile"),
        exif=reset_exif(info["exif"]) if info["exif"] else None,
        xmp=reset_xmp(info["xmp"]) if info.get("xmp") else None,
    )


def _unmultiplied(pixels: Samples, alpha: Samples) -> Samples:
    white = WHITE[pixels.dtype]
    colours = pixels * (np.float32(white) / np.maximum(alpha, 1))
    unmultiplied: Samples = np.rint(np.minimum(colours, white)).astype(pixels.dtype)
    return unmultiplied
