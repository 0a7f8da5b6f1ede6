"""Decoding with FFmpeg what libvips lacks: bmp, dds, dpx, exr, hdr, jp2, pnm and pfm, psd, qoi, tga."""

import av
import numpy as np

from upscale.errors import BadInputError
from upscale.images.bits import filled
from upscale.images.cut_short import refuse_cut_short
from upscale.images.embedded import Blocks, blocks_of
from upscale.images.frame_samples import samples_of
from upscale.images.limit import counted
from upscale.images.orientation import exif_orientation, reset_exif, reset_xmp, upright, xmp_orientation
from upscale.images.picture import Picture, Samples

_CODECS = {
    "bmp": "bmp",
    "dds": "dds",
    "dpx": "dpx",
    "exr": "exr",
    "hdr": "hdr",
    "jp2": "jpeg2000",
    "pam": "pam",
    "pbm": "pbm",
    "pfm": "pfm",
    "pgm": "pgm",
    "ppm": "ppm",
    "psd": "psd",
    "qoi": "qoi",
    "tga": "targa",
}
FORMATS = frozenset(_CODECS)

# FFmpeg reads zeros behind the end of a Radiance file; if other bytes there change the picture, its end is missing.
_TAIL = b"\x7f" * 2**16
# ISO/IEC 15444-1, A.5.1: the start of the codestream, and how far behind it the first component's bits stand.
_JP2_START, _JP2_BITS_AT = b"\xff\x4f\xff\x51", 42


def decode(content: bytes, format_name: str, limit_px: int) -> Picture:
    """The picture in a file's bytes; raises BadInputError with a bare reason, for the caller to complete."""
    refuse_cut_short(content, format_name)
    frame = _frame(content, _CODECS[format_name], limit_px)
    samples = _gray_and_alpha(frame) if _is_gray_tga(content, format_name) else samples_of(frame)
    if format_name == "jp2":
        samples = filled(samples, _jp2_bits(content))
    elif format_name == "hdr" and not np.array_equal(samples, samples_of(_frame(content + _TAIL, "hdr", limit_px))):
        raise BadInputError("it is cut short")
    return _picture(samples, blocks_of(content, format_name), associated=format_name == "exr")


def _picture(samples: Samples, blocks: Blocks, *, associated: bool) -> Picture:
    """`associated`: whether the colours are multiplied by alpha."""
    orientation = exif_orientation(blocks.exif) or xmp_orientation(blocks.xmp)
    samples = upright(samples, orientation)
    colours = 3 if samples.shape[2] > 2 else 1
    pixels, alpha = samples[..., :colours], samples[..., colours:]
    if alpha.shape[2] and associated:
        pixels = np.where(alpha > 0, pixels / np.where(alpha > 0, alpha, 1), pixels)
    return Picture(
        np.ascontiguousarray(pixels),
        np.ascontiguousarray(alpha) if alpha.shape[2] else None,
        icc=blocks.icc or None,
        exif=reset_exif(blocks.exif) or None,
        xmp=reset_xmp(blocks.xmp) or None,
    )


def _frame(content: bytes, codec: str, limit_px: int) -> av.VideoFrame:
    """Straight into the decoder: a demuxer would decode once more, and go by the name."""
    context = av.CodecContext.create(codec, "r")
    assert isinstance(context, av.VideoCodecContext)  # _CODECS names picture codecs only
    context.options = {"max_pixels": str(limit_px), "err_detect": "explode"}
    try:
        frames = context.decode(av.Packet(content)) + context.decode(None)
    except av.PatchWelcomeError as error:
        raise BadInputError("it is of a kind that FFmpeg does not know; save it in 8 or 16 bit RGB") from error
    except av.FFmpegError as error:
        reason = f"it is damaged, cut short, of an unknown kind or above {counted(limit_px)} pixels"
        raise BadInputError(reason) from error
    if not frames:
        raise BadInputError("the file holds no picture")
    return frames[0]


def _jp2_bits(content: bytes) -> int:
    start = content.find(_JP2_START) + _JP2_BITS_AT
    return (content[start] & 0x7F) + 1 if start < len(content) else 16


def _is_gray_tga(content: bytes, format_name: str) -> bool:
    """Gray and alpha of 8 bits each, which FFmpeg takes for RGB of 5 (TGA 2.0, fields 3 and 5.5)."""
    return format_name == "tga" and content[2] in (3, 11) and content[16] == 16


def _gray_and_alpha(frame: av.VideoFrame) -> Samples:
    plane = frame.planes[0]
    rows: Samples = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: frame.height, : 2 * frame.width].reshape(frame.height, frame.width, 2).copy()
