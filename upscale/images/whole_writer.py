"""Encoders that want the picture whole and know no metadata: exr, hdr, jp2, pfm and qoi with FFmpeg."""

from collections.abc import Iterable
from fractions import Fraction

import av
import cv2
import numpy as np

from upscale.errors import OutputError
from upscale.images.picture import Samples

FORMATS = ("qoi", "exr", "hdr", "pfm", "jp2")
# FFmpeg's names, by channels; the float ones are planes.
_LAYOUTS = {
    "qoi": {3: "rgb24", 4: "rgba"},
    "exr": {1: "grayf32le", 3: "gbrpf32le", 4: "gbrapf32le"},
    "hdr": {3: "gbrpf32le"},
    "pfm": {1: "grayf32le", 3: "gbrpf32le"},
}
# By bytes a sample, and channels.
_JPEG2000 = {1: {1: "gray", 3: "rgb24", 4: "rgba"}, 2: {1: "gray16le", 3: "rgb48le", 4: "rgba64le"}}


def encode(pieces: Iterable[Samples], height: int, format_name: str) -> bytes:
    """The file. Shape of each piece: (n, width, 1 to 4). Raises OutputError with a bare reason."""
    samples = joined(pieces, height)
    if format_name == "exr":
        return _with_ffmpeg("exr", _associated(samples), _LAYOUTS["exr"])
    if format_name == "jp2":
        if samples.shape[2] == 2:  # PyAV makes no frames of it
            samples = samples[..., [0, 0, 0, 1]]
        return _with_ffmpeg("jpeg2000", samples, _JPEG2000[samples.dtype.itemsize])
    return _with_ffmpeg(format_name, samples, _LAYOUTS[format_name])


def _with_ffmpeg(codec: str, samples: Samples, layouts: dict[int, str]) -> bytes:
    channels = samples.shape[2]
    frame = av.VideoFrame.from_ndarray(samples[..., 0] if channels == 1 else samples, layouts[channels])
    context = av.CodecContext.create(codec, "w")
    assert isinstance(context, av.VideoCodecContext)  # those are picture codecs
    context.width, context.height, context.pix_fmt = frame.width, frame.height, frame.format.name
    context.time_base = Fraction(1)
    if codec == "jpeg2000":
        context.options = {"pred": "dwt53"}  # the reversible transform
    try:
        return b"".join(bytes(packet) for packet in context.encode(frame) + context.encode(None))
    except av.FFmpegError as error:
        raise OutputError(f"FFmpeg cannot encode it: {error.strerror}") from error


def jpeg_422(pieces: Iterable[Samples], height: int, quality: int) -> bytes:
    """A JPEG file with half the colours across, which libvips does not write, and a JFIF segment of OpenCV's."""
    factor = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factor]
    samples = joined(pieces, height)
    done, encoded = cv2.imencode(".jpg", samples[..., ::-1], options)  # OpenCV has blue first
    if not done:
        raise OutputError("OpenCV cannot encode it")
    return encoded.tobytes()


def joined(pieces: Iterable[Samples], height: int) -> Samples:
    """All rows. Raises OutputError with a bare reason if some are missing."""
    parts = list(pieces)
    samples = parts[0] if len(parts) == 1 else np.concatenate(parts)
    if samples.shape[0] < height:
        raise OutputError(f"the rows end at {samples.shape[0]} of {height}")
    return samples


def _associated(samples: Samples) -> Samples:
    """Colours multiplied by alpha, as OpenEXR has them; gray with alpha as RGB."""
    if samples.shape[2] in (1, 3):
        return samples
    colours, alpha = samples[..., :-1], samples[..., -1:]
    return np.concatenate([np.broadcast_to(colours, (*colours.shape[:2], 3)) * alpha, alpha], axis=2)
