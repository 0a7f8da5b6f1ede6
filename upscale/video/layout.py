"""How pixel formats lay out their samples: every format reads and writes as plain component arrays."""

from dataclasses import dataclass
from typing import Any, Literal

import av
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.unsignedinteger[Any]]

# Formats whose planes hold more than one component: samples per step, and where in it each component lies
# (luma, Cb, Cr or red, green, blue), as in FFmpeg's libavutil/pixdesc.c.
_PACKED = {
    "rgb24": (3, (0, 1, 2)),
    "bgr24": (3, (2, 1, 0)),
    "rgba": (4, (0, 1, 2)),
    "rgb0": (4, (0, 1, 2)),
    "bgra": (4, (2, 1, 0)),
    "bgr0": (4, (2, 1, 0)),
    "argb": (4, (1, 2, 3)),
    "0rgb": (4, (1, 2, 3)),
    "abgr": (4, (3, 2, 1)),
    "0bgr": (4, (3, 2, 1)),
    "rgb48le": (3, (0, 1, 2)),
    "rgba64le": (4, (0, 1, 2)),
}
_INTERLEAVED_422 = {"yuyv422": (0, 1, 3), "uyvy422": (1, 0, 2)}
# Cb and Cr (or Cr and Cb) alternate in the second plane; the number is the shift.
_SEMI_PLANAR = {"nv12": 0, "nv21": 0, "nv16": 0, "nv24": 0, "p010le": 6, "p016le": 0, "p210le": 6}
# Floating point, palettes and Bayer patterns are no integer planes of colour.
_UNREADABLE = ("f16", "f32", "pal8", "bayer", "xyz", "mono", "yaf", "msb", "x2", "v30", "xv")


@dataclass(frozen=True)
class Component:
    """Where one component lies: its plane, and in it the samples offset, offset + step, ... of each row."""

    plane: int
    step: int = 1
    offset: int = 0


@dataclass(frozen=True)
class PixelLayout:
    """A pixel format: what its components mean, how deep they are, and where their samples lie.

    `log2_width` and `log2_height` are the chroma subsampling as in FFmpeg (1, 1 is 4:2:0); `shift` is how far
    the samples are moved up in their words.
    """

    name: str
    family: Literal["yuv", "rgb", "gray"]
    depth: int
    log2_width: int
    log2_height: int
    components: tuple[Component, ...]
    shift: int = 0
    has_alpha: bool = False

    @property
    def peak(self) -> int:
        """The largest code."""
        return (1 << self.depth) - 1


def find_layout(name: str) -> PixelLayout | None:
    """The layout of a pixel format by FFmpeg's name; None for what we cannot read or write."""
    plain = name.replace("yuvj", "yuv")
    if any(word in plain for word in _UNREADABLE):
        return None
    pixels = av.VideoFormat(plain, 16, 16)
    colours = [component for component in pixels.components if not component.is_alpha]
    places = _places(plain, [component.plane for component in colours])
    if places is None or pixels.is_big_endian or len({component.bits for component in colours}) != 1:
        return None
    if not 8 <= colours[0].bits <= 16:
        return None
    return PixelLayout(
        name=plain,
        family="gray" if len(places) == 1 else "rgb" if pixels.is_rgb else "yuv",
        depth=colours[0].bits,
        log2_width=(16 // pixels.chroma_width(16)).bit_length() - 1,
        log2_height=(16 // pixels.chroma_height(16)).bit_length() - 1,
        components=places,
        shift=_SEMI_PLANAR.get(plain, 0),
        has_alpha=len(colours) < len(pixels.components),
    )


def _places(name: str, planes: list[int]) -> tuple[Component, ...] | None:
    """Where each component lies; None for packed formats that the tables above do not know."""
    if name in _PACKED:
        step, offsets = _PACKED[name]
        return tuple(Component(0, step, offset) for offset in offsets)
    if name in _INTERLEAVED_422:
        luma, cb, cr = _INTERLEAVED_422[name]
        return Component(0, 2, luma), Component(0, 4, cb), Component(0, 4, cr)
    if name in _SEMI_PLANAR:
        first = 1 if name == "nv21" else 0
        return Component(0), Component(1, 2, first), Component(1, 2, 1 - first)
    if name in ("gray", "ya8", "ya16le"):
        return (Component(0, 2 if name.startswith("ya") else 1),)
    if len(set(planes)) != len(planes):
        return None
    return tuple(Component(plane) for plane in planes)


def component_views(frame: av.VideoFrame, layout: PixelLayout) -> tuple[Samples, ...]:
    """Each component of a frame as an array over the frame's own memory, without a copy.

    Shape: (height, width) for luma, red, green and blue; rounded up to half for subsampled chroma.
    """
    word = np.uint8 if layout.depth <= 8 else np.uint16
    views: list[Samples] = []
    for index, component in enumerate(layout.components):
        plane = frame.planes[component.plane]
        height, width = component_size(layout, index, frame.height, frame.width)
        stride = plane.line_size // np.dtype(word).itemsize
        rows: NDArray[Any] = np.asarray(memoryview(plane)).view(word).reshape(-1, abs(stride))
        if stride < 0:
            rows = rows[::-1]
        views.append(rows[:height, component.offset :: component.step][:, :width])
    return tuple(views)


def component_size(layout: PixelLayout, index: int, height: int, width: int) -> tuple[int, int]:
    """(height, width) of one component of a picture of that size."""
    if layout.family != "yuv" or index == 0:
        return height, width
    return -(-height >> layout.log2_height), -(-width >> layout.log2_width)
