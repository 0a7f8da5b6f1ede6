"""What the numbers of a picture mean: ICC profiles, and PNG's way to say it without one."""

import struct
from dataclasses import replace
from functools import partial

import numpy as np
import pyvips

from upscale.images.colour_profile import Chromaticities, gamma_profile, linear_srgb
from upscale.images.mapped import mapped
from upscale.images.picture import Picture, Samples
from upscale.images.png_chunks import colour_chunks, without_colours
from upscale.vips_setup import prepare

_HEADER_BYTES = 128
_SPACE = slice(16, 20)  # of an ICC profile's header (ICC.1, 7.2.6)
# PNG, 11.3.2.1 and 11.3.2.2: gamma and primaries times 100000; these stand for sRGB (PNG, table 17).
_SRGB_GAMMA = 45455
_SRGB_PRIMARIES = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
_GAMMA_TOLERANCE, _PRIMARY_TOLERANCE = 500, 500
_FORMATS = {np.dtype(np.uint8): "uchar", np.dtype(np.uint16): "ushort"}


def is_gray(icc: bytes) -> bool:
    """Whether a profile is for gray."""
    return icc[_SPACE] == b"GRAY"


def with_profile(picture: Picture) -> Picture:
    """A picture whose PNG chunks say what its numbers mean, with a profile that says it instead."""
    chunks = colour_chunks(picture.png_chunks)
    picture = replace(picture, png_chunks=without_colours(picture.png_chunks))
    if picture.icc is not None or b"sRGB" in chunks or len(chunks.get(b"gAMA", b"")) != 4:
        return picture
    (gamma,) = struct.unpack(">I", chunks[b"gAMA"])
    primaries = _primaries(chunks.get(b"cHRM", b""))
    far = any(abs(a - b) > _PRIMARY_TOLERANCE for a, b in zip(primaries, _SRGB_PRIMARIES, strict=True))
    if gamma == 0 or not (far or abs(gamma - _SRGB_GAMMA) > _GAMMA_TOLERANCE):
        return picture
    gray = picture.pixels.shape[2] == 1
    return replace(picture, icc=gamma_profile(100_000 / gamma, None if gray else _chromaticities(primaries)))


def _primaries(chunk: bytes) -> tuple[int, ...]:
    """What a cHRM chunk says, or where it is of no use, sRGB's."""
    if len(chunk) != 32:
        return _SRGB_PRIMARIES
    primaries = struct.unpack(">8I", chunk)
    return primaries if _chromaticities(primaries).span_colours else _SRGB_PRIMARIES


def _chromaticities(primaries: tuple[int, ...]) -> Chromaticities:
    return Chromaticities(*(value / 100_000 for value in primaries))


def to_srgb(picture: Picture) -> Picture | None:
    """The picture in sRGB, which needs no profile; gray stays gray. None if its profile is damaged or unfit.

    By relative colorimetric intent with black point compensation, as most programs do. Of floats only those that
    are proportional to light are converted, by IEC 61966-2-1.
    """
    if picture.icc is None:
        return picture
    untagged = replace(picture, icc=None)
    if picture.pixels.dtype == np.float32:
        return mapped(untagged, _from_linear) if picture.icc == linear_srgb() else None
    if not _fits(picture.icc, picture.pixels.shape[2]):
        return None
    try:
        return mapped(untagged, partial(_transformed, icc=picture.icc))
    except pyvips.Error:
        return None


def _fits(icc: bytes, channels: int) -> bool:
    """What libvips would not take it would take for sRGB, without a word (ICC.1, 7.2)."""
    whole = len(icc) > _HEADER_BYTES and struct.unpack_from(">I", icc)[0] <= len(icc)
    known = icc[36:40] == b"acsp" and icc[12:16] in (b"mntr", b"scnr", b"prtr", b"spac")
    return whole and known and icc[_SPACE] in ((b"RGB ", b"GRAY") if channels == 1 else (b"RGB ",))


def _transformed(pixels: Samples, icc: bytes) -> Samples:
    """Integers in sRGB. Raises pyvips.Error."""
    prepare()
    gray, depth = pixels.shape[2] == 1, 8 * pixels.dtype.itemsize
    if gray and not is_gray(icc):
        pixels = np.repeat(pixels, 3, axis=2)
    height, width, channels = pixels.shape
    image = pyvips.Image.new_from_memory(pixels.tobytes(), width, height, channels, _FORMATS[pixels.dtype])
    spaces = {(8, 1): "b-w", (8, 3): "srgb", (16, 1): "grey16", (16, 3): "rgb16"}
    image = image.copy(interpretation=spaces[depth, channels])
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", icc)
    how = {"intent": "relative", "black_point_compensation": True}
    if depth == 8:
        converted = image.icc_transform("srgb", depth=8, **how)
    else:
        # At once LittleCMS would go by a table of 33 colours a side, and be wrong by up to 13 levels of 255.
        lab = image.icc_import(embedded=True, pcs="lab", **how)
        converted = lab.icc_export(output_profile="srgb", pcs="lab", depth=16, **how)
    samples = np.frombuffer(converted.write_to_memory(), pixels.dtype).reshape(height, width, converted.bands)
    # Gray comes out as equal parts.
    return np.ascontiguousarray(samples[..., 1:2]) if gray else samples


def _from_linear(pixels: Samples) -> Samples:
    """IEC 61966-2-1, the same curve for what is above white, and mirrored below black."""
    size = np.abs(pixels)
    curve = np.where(size <= 0.0031308, 12.92 * size, 1.055 * size ** (1 / 2.4) - 0.055)
    return np.copysign(curve, pixels).astype(np.float32)
