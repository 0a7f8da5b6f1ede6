"""Decoding JPEG XL with pylibjxl, which knows what a file holds, and imagecodecs, which knows more than 8 bits: the
extra `jxl`.
"""

from typing import Any

import numpy as np

from upscale.errors import BadInputError
from upscale.images.limit import too_large
from upscale.images.orientation import reset_exif, reset_xmp
from upscale.images.picture import Picture, Samples
from upscale.images.vips_reader import split

_EXIF_STARTS = (b"II*\0", b"MM\0*")


def decode(content: bytes, limit_px: int) -> Picture:
    """The first picture, which libjxl has turned upright; raises BadInputError with a bare reason."""
    try:
        import imagecodecs
        import pylibjxl
    except ImportError as error:
        raise BadInputError("JPEG XL needs more packages: pip install 'upscale[jxl]'") from error
    try:
        facts = pylibjxl.probe(content)
        width, height = facts["width"], facts["height"]
        if width * height > limit_px:
            raise BadInputError(too_large(height, width, limit_px))
        samples, blocks = pylibjxl.decode(content, metadata=True)
        if facts["bits_per_sample"] > 8:
            samples = imagecodecs.jpegxl_decode(content, index=0)
    except (ValueError, RuntimeError) as error:
        raise BadInputError(f"it is damaged, cut short or of an unknown kind ({error})") from error
    return _picture(samples, blocks, has_alpha=facts["has_alpha"])


def _picture(samples: Samples, blocks: dict[str, Any], *, has_alpha: bool) -> Picture:
    if samples.dtype not in (np.uint8, np.uint16, np.float32):
        samples = samples.astype(np.float32)
    samples = samples.reshape(samples.shape[0], samples.shape[1], -1)
    pixels, alpha = split(samples, has_alpha)
    exif, xmp = _exif(blocks.get("exif") or b""), blocks.get("xmp")
    return Picture(
        pixels=np.ascontiguousarray(pixels),
        alpha=alpha,
        icc=blocks.get("icc") or blocks.get("icc_profile") or None,
        exif=reset_exif(exif) or None,
        xmp=reset_xmp(xmp) if xmp else None,
    )


def _exif(box: bytes) -> bytes:
    """Without the offset of four bytes that the box begins with (ISO/IEC 18181-2, 9.4)."""
    return box[4:] if box[4:8] in _EXIF_STARTS else box
