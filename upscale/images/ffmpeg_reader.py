"""Decoding with FFmpeg what libvips lacks: bmp, pnm, tga, qoi, jp2."""

import av
import numpy as np

from upscale.errors import BadInputError
from upscale.images.picture import Picture, Samples

_CODECS = {
    "bmp": "bmp",
    "pbm": "pbm",
    "pgm": "pgm",
    "ppm": "ppm",
    "pam": "pam",
    "tga": "targa",
    "qoi": "qoi",
    "jp2": "jpeg2000",
}
FORMATS = frozenset(_CODECS)


def decode(content: bytes, format_name: str, limit_px: int) -> Picture:
    """The picture in a file's bytes; raises BadInputError with a bare reason, for the caller to complete."""
    frame = _frame(content, _CODECS[format_name], limit_px)
    samples = _samples(frame)
    if samples.ndim == 2:
        return Picture(samples[..., None])
    if samples.shape[2] == 4:
        return Picture(np.ascontiguousarray(samples[..., :3]), np.ascontiguousarray(samples[..., 3:]))
    if _has_palette(frame) and _is_gray(samples):  # BMP knows gray only as a palette
        return Picture(np.ascontiguousarray(samples[..., :1]))
    return Picture(samples)


def _frame(content: bytes, codec: str, limit_px: int) -> av.VideoFrame:
    """Straight into the decoder: a demuxer would decode once more, and go by the name."""
    context = av.CodecContext.create(codec, "r")
    assert isinstance(context, av.VideoCodecContext)  # _CODECS names picture codecs only
    context.options = {"max_pixels": str(limit_px), "err_detect": "explode"}
    try:
        frames = context.decode(av.Packet(content)) + context.decode(None)
    except av.FFmpegError as error:
        reason = f"it is damaged, cut short, of an unknown kind or above {limit_px / 1e6:.0f} million pixels"
        raise BadInputError(reason) from error
    if not frames:
        raise BadInputError("the file holds no picture")
    return frames[0]


def _samples(frame: av.VideoFrame) -> Samples:
    """Shape: (height, width) for gray, else (height, width, 3 or 4); uint8 or uint16."""
    deep = max(component.bits for component in frame.format.components) > 8
    if len(frame.format.components) == 1 and not _has_palette(frame):
        return frame.to_ndarray(format="gray16le" if deep else "gray")
    if not (frame.format.is_rgb or _has_palette(frame)):
        raise BadInputError(f"the pixel layout {frame.format.name} is not supported")
    if any(component.is_alpha for component in frame.format.components):
        return frame.to_ndarray(format="rgba64le" if deep else "rgba")
    return frame.to_ndarray(format="rgb48le" if deep else "rgb24")


def _has_palette(frame: av.VideoFrame) -> bool:
    return frame.format.has_palette


def _is_gray(samples: Samples) -> bool:
    return bool((samples[..., :1] == samples).all())
