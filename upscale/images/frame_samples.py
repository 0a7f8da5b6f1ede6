"""A decoded frame of FFmpeg as samples, in as many bits as they have."""

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace

from upscale.errors import BadInputError
from upscale.images.bits import filled
from upscale.images.picture import Samples


def samples_of(frame: av.VideoFrame) -> Samples:
    """Gray, gray and alpha, RGB, or RGB and alpha. Shape: (height, width, 1 to 4), uint8, uint16 or float32.

    Raises BadInputError with a bare reason for other layouts.
    """
    layout = frame.format
    channels, name = len(layout.components), layout.name
    if layout.has_palette:
        return _expanded(frame)
    if name.startswith("mono"):
        return frame.to_ndarray(format="gray")[..., None]
    if "f32" in name:
        return _float(frame)
    if name.startswith("ya"):
        return _plane(frame, 0, channels)
    if len(frame.planes) == channels and (layout.is_rgb or channels == 1):
        return np.concatenate([_plane(frame, part.plane, 1) for part in layout.components], axis=2)
    bits = max(part.bits for part in layout.components)
    alpha = any(part.is_alpha for part in layout.components)
    wanted = ("rgba64le" if alpha else "rgb48le") if bits > 8 else ("rgba" if alpha else "rgb24")
    if layout.is_rgb:
        return frame.to_ndarray(format=wanted)
    if name.startswith("yuv"):
        return _from_ycc(frame, wanted)
    raise BadInputError(f"the pixel layout {name} is not supported")


def _float(frame: av.VideoFrame) -> Samples:
    """PyAV's own way: PFM's rows come from the last to the first, in planes with a negative line size."""
    return frame.to_ndarray().reshape(frame.height, frame.width, -1).astype(np.float32, copy=False)


def _plane(frame: av.VideoFrame, index: int, channels: int) -> Samples:
    """One plane, whose rows may be longer than the picture. Shape: (height, width, channels)."""
    bits = frame.format.components[0].bits
    dtype = _dtype(frame.format.name, bits)
    plane = frame.planes[index]
    rows: Samples = np.frombuffer(memoryview(plane), dtype).reshape(-1, plane.line_size // dtype.itemsize)
    part = rows[: frame.height, : frame.width * channels].reshape(frame.height, frame.width, channels)
    if dtype.kind == "f":
        return part.astype(np.float32)
    return filled(part.astype(np.uint16) << (16 - bits), bits) if bits > 8 else part.copy()


def _dtype(layout_name: str, bits: int) -> np.dtype[np.generic]:
    order = ">" if layout_name.endswith("be") else "<"
    if "f16" in layout_name:
        return np.dtype(f"{order}f2")
    return np.dtype("u1") if bits <= 8 else np.dtype(f"{order}u2")


def _expanded(frame: av.VideoFrame) -> Samples:
    """A palette's colours; gray where they are all gray (BMP knows gray only so), alpha where it says something."""
    samples = frame.to_ndarray(format="rgba")
    colours, alpha = samples[..., :3], samples[..., 3:]
    if (colours[..., :1] == colours).all():
        colours = colours[..., :1]
    # Many writers leave the fourth byte of a palette's entries 0.
    return colours if (alpha == alpha[0, 0]).all() and alpha[0, 0] in (0, 255) else np.dstack([colours, alpha])


def _from_ycc(frame: av.VideoFrame, wanted: str) -> Samples:
    """JPEG 2000's sYCC: BT.601 in full range (IEC 61966-2-1, annex F)."""
    frame.color_range = ColorRange.JPEG
    return frame.reformat(format=wanted, src_colorspace=Colorspace.ITU601).to_ndarray()
