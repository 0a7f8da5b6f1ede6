"""Colour bars in closed form, with matrices of their own: the judge of the tests of colour."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.plane import VideoPlane
from numpy.typing import NDArray

# Kr and Kb, as the recommendations print them, and the tags (matrix, primaries, transfer) of ITU-T H.273.
WEIGHTS = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722), "bt2020": (0.2627, 0.0593)}
TAGS = {"bt601": (6, 6, 6), "bt709": (1, 1, 1), "bt2020": (9, 9, 14)}
# Of each bar's width, and each band's height, in the source.
BAR_PX, BAND_PX = 80, 120
# White, yellow, cyan, green, magenta, red, blue, black.
COLOURS = np.array([[1, 1, 1], [1, 1, 0], [0, 1, 1], [0, 1, 0], [1, 0, 1], [1, 0, 0], [0, 0, 1], [0, 0, 0]], float)


@dataclass(frozen=True)
class Bars:
    """How the bars are coded; `chroma` is the subsampling in H.264's words."""

    matrix: str
    full_range: bool
    depth: int
    chroma: str = "420"

    @property
    def pix_fmt(self) -> str:
        """FFmpeg's name of the format."""
        return f"yuv{self.chroma}p" + ("" if self.depth == 8 else f"{self.depth}le")


def picture(scale: int) -> NDArray[np.float64]:
    """Bars of 100 %, of 75 %, and ramps of each colour, at 640x360 times `scale`. Shape: (height, width, 3)."""
    bars = np.repeat(COLOURS, BAR_PX * scale, axis=0)[None]
    ramp = (np.arange(BAR_PX * scale) + 0.5) / (BAR_PX * scale)
    ramps = (COLOURS[:, None] * ramp[None, :, None]).reshape(1, -1, 3)
    return np.concatenate([np.repeat(part, BAND_PX * scale, axis=0) for part in (bars, 0.75 * bars, ramps)])


def inside(plane: NDArray[np.generic], scale: int, margin_px: int = 8) -> NDArray[np.generic]:
    """What lies so many luma samples away from every edge, or further, of a plane of the picture; flattened."""
    height, width = plane.shape
    rows, columns = (
        np.arange(height) * (3 * BAND_PX * scale // height),
        np.arange(width) * (8 * BAR_PX * scale // width),
    )
    band, bar = BAND_PX * scale, BAR_PX * scale
    is_row = (rows % band >= margin_px) & (rows % band < band - margin_px)
    is_column = (columns % bar >= margin_px) & (columns % bar < bar - margin_px)
    found: NDArray[np.generic] = plane[np.ix_(is_row, is_column)].ravel()
    return found


def planes(rgb: NDArray[np.float64], bars: Bars) -> list[NDArray[np.uint16]]:
    """Luma, Cb and Cr as codes; chroma is taken where it sits, on the first of its luma samples."""
    red, blue = WEIGHTS[bars.matrix]
    luma = rgb @ np.array([red, 1 - red - blue, blue])
    cb, cr = (rgb[..., 2] - luma) / (2 - 2 * blue), (rgb[..., 0] - luma) / (2 - 2 * red)
    unit = 1 << (bars.depth - 8)
    peak = (1 << bars.depth) - 1
    if bars.full_range:
        codes = [luma * peak, cb * peak + 128 * unit, cr * peak + 128 * unit]
    else:
        codes = [luma * 219 * unit + 16 * unit, cb * 224 * unit + 128 * unit, cr * 224 * unit + 128 * unit]
    high, wide = {"420": (2, 2), "422": (1, 2), "444": (1, 1)}[bars.chroma]
    steps = [(1, 1), (high, wide), (high, wide)]
    return [
        np.clip(np.rint(code[::down, ::across]), 0, peak).astype(np.uint16)
        for code, (down, across) in zip(codes, steps, strict=True)
    ]


def twice(codes: NDArray[np.uint16], bars: Bars, *, is_chroma: bool) -> NDArray[np.float64]:
    """What exact bicubic makes of a plane, in floating-point codes: no colours, no other sizes of chroma between.

    Luma's samples, and all at their full number, are pixels; where there are fewer across, each lies on the first of
    two pixels, which is where H.273 has "left"; where there are fewer down, in their middle.
    """
    height, width = (2 * count for count in codes.shape)
    is_left = is_chroma and bars.chroma != "444"
    down = (np.arange(height) + 0.5) / 2 - 0.5
    # A quarter of a pixel of luma is an eighth of chroma's.
    across = np.arange(width) / 2 - 1 / 8 if is_left else (np.arange(width) + 0.5) / 2 - 0.5
    enlarged = _interpolated(_interpolated(codes.astype(float), down).T, across).T
    return np.clip(enlarged, 0, (1 << bars.depth) - 1)


def _interpolated(rows: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys' cubic with a = -0.5 at these places between the rows, of which the first and the last go on for ever."""
    below = np.floor(places).astype(int)
    taps = [below + step for step in (-1, 0, 1, 2)]
    weights = [_keys(np.abs(places - tap))[:, None] for tap in taps]
    return np.sum([w * rows[np.clip(tap, 0, len(rows) - 1)] for w, tap in zip(weights, taps, strict=True)], axis=0)


def _keys(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """IEEE Trans. ASSP 29 (1981), equation 15."""
    return np.where(x <= 1, 1.5 * x**3 - 2.5 * x**2 + 1, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2)


def write_bars(path: Path, bars: Bars, frames: int = 1) -> Path:
    """The bars at 640x360 as lossless, tagged video."""
    matrix, primaries, transfer = TAGS[bars.matrix]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25, options={"chroma_sample_location": "left"})
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width, stream.pix_fmt = 360, 640, bars.pix_fmt
        context = stream.codec_context
        context.colorspace, context.color_range = matrix, 2 if bars.full_range else 1
        context.color_primaries, context.color_trc = primaries, transfer
        for index in range(frames):
            frame = av.VideoFrame(640, 360, bars.pix_fmt)
            for plane, codes in zip(frame.planes, planes(picture(1), bars), strict=True):
                _fill(plane, codes, bars.depth)
            frame.pts, frame.time_base = index, Fraction(1, 25)
            frame.colorspace, frame.color_range = matrix, 2 if bars.full_range else 1
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _fill(plane: VideoPlane, codes: NDArray[np.uint16], depth: int) -> None:
    word = np.dtype(np.uint8 if depth == 8 else "<u2")
    rows: NDArray[np.uint16] = np.frombuffer(plane, word).reshape(plane.height, -1)
    rows[:, : plane.width] = codes
