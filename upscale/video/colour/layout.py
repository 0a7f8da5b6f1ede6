"""How pixel formats lay out their samples: every format reads and writes as plain component arrays, alpha last."""

from dataclasses import dataclass
from typing import Any, Literal

import av
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.unsignedinteger[Any]]

# Formats whose planes hold more than one component: samples per step, and where in it each component lies
# (luma, Cb, Cr or red, green, blue, then alpha), as in FFmpeg's libavutil/pixdesc.c; without le and be.
_PACKED = {
    "rgb24": (3, (0, 1, 2)),
    "bgr24": (3, (2, 1, 0)),
    "rgba": (4, (0, 1, 2, 3)),
    "rgb0": (4, (0, 1, 2)),
    "bgra": (4, (2, 1, 0, 3)),
    "bgr0": (4, (2, 1, 0)),
    "argb": (4, (1, 2, 3, 0)),
    "0rgb": (4, (1, 2, 3)),
    "abgr": (4, (3, 2, 1, 0)),
    "0bgr": (4, (3, 2, 1)),
    "rgb48": (3, (0, 1, 2)),
    "bgr48": (3, (2, 1, 0)),
    "rgba64": (4, (0, 1, 2, 3)),
    "bgra64": (4, (2, 1, 0, 3)),
    "gray": (1, (0,)),
    "gray16": (1, (0,)),
    "ya8": (2, (0, 1)),
    "ya16": (2, (0, 1)),
}
_INTERLEAVED_422 = {"yuyv422": (0, 1, 3), "uyvy422": (1, 0, 2)}
# Cb and Cr (or Cr and Cb) alternate in the second plane; the number is the shift.
_SEMI_PLANAR = {"nv12": 0, "nv21": 0, "nv16": 0, "nv20le": 0, "nv24": 0, "p010le": 6, "p016le": 0, "p210le": 6}
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

    `components`: luma, Cb, Cr or red, green, blue or gray, and last, where `has_alpha`, alpha. `log2_width` and
    `log2_height` are the chroma subsampling as in FFmpeg (1, 1 is 4:2:0); `shift` is how far the samples are moved
    up in their words.
    """

    name: str
    family: Literal["yuv", "rgb", "gray"]
    depth: int
    log2_width: int
    log2_height: int
    components: tuple[Component, ...]
    shift: int = 0
    has_alpha: bool = False
    big_endian: bool = False

    @property
    def peak(self) -> int:
        """The largest code."""
        return (1 << self.depth) - 1

    @property
    def unit(self) -> int:
        """Codes, as they lie in memory, that make one of 8 bits."""
        return 1 << (self.depth - 8 + self.shift)

    @property
    def colours(self) -> int:
        """How many components are not alpha."""
        return len(self.components) - self.has_alpha


def find_layout(name: str) -> PixelLayout | None:
    """The layout of a pixel format by FFmpeg's name; None for what we cannot read or write."""
    plain = name.replace("yuvj", "yuv")
    if any(word in plain for word in _UNREADABLE):
        return None
    pixels = av.VideoFormat(plain, 16, 16)
    places = _places(plain, [component.plane for component in pixels.components])
    depths = {component.bits for component in pixels.components}
    if places is None or len(depths) != 1 or not 8 <= min(depths) <= 16:
        return None
    has_alpha = any(component.is_alpha for component in pixels.components)
    return PixelLayout(
        name=plain,
        family="gray" if len(places) - has_alpha == 1 else "rgb" if pixels.is_rgb else "yuv",
        depth=min(depths),
        log2_width=(16 // pixels.chroma_width(16)).bit_length() - 1,
        log2_height=(16 // pixels.chroma_height(16)).bit_length() - 1,
        components=places,
        shift=_SEMI_PLANAR.get(plain, 0),
        has_alpha=has_alpha,
        big_endian=pixels.is_big_endian,
    )


def _places(name: str, planes: list[int]) -> tuple[Component, ...] | None:
    """Where each component lies; None for packed formats that the tables above do not know."""
    packed = name.removesuffix("le").removesuffix("be")
    if packed in _PACKED:
        step, offsets = _PACKED[packed]
        return tuple(Component(0, step, offset) for offset in offsets)
    if name in _INTERLEAVED_422:
        luma, cb, cr = _INTERLEAVED_422[name]
        return Component(0, 2, luma), Component(0, 4, cb), Component(0, 4, cr)
    if name in _SEMI_PLANAR:
        first = 1 if name == "nv21" else 0
        return Component(0), Component(1, 2, first), Component(1, 2, 1 - first)
    if len(set(planes)) != len(planes):
        return None
    return tuple(Component(plane) for plane in planes)


def component_views(frame: av.VideoFrame, layout: PixelLayout) -> tuple[Samples, ...]:
    """Each component of a frame as an array over the frame's own memory, without a copy.

    Shape: (height, width) for luma, red, green, blue and alpha; rounded up to half for subsampled chroma.
    """
    word = np.dtype(np.uint8 if layout.depth <= 8 else ">u2" if layout.big_endian else "<u2")
    views: list[Samples] = []
    for index, component in enumerate(layout.components):
        plane = frame.planes[component.plane]
        height, width = component_size(layout, index, frame.height, frame.width)
        stride = plane.line_size // word.itemsize
        rows: NDArray[Any] = np.asarray(memoryview(plane)).view(word).reshape(-1, abs(stride))
        if stride < 0:
            rows = rows[::-1]
        views.append(rows[:height, component.offset :: component.step][:, :width])
    return tuple(views)


def component_size(layout: PixelLayout, index: int, height: int, width: int) -> tuple[int, int]:
    """(height, width) of one component of a picture of that size."""
    if layout.family != "yuv" or index not in (1, 2):
        return height, width
    return -(-height >> layout.log2_height), -(-width >> layout.log2_width)
