"""Video codecs: the last of a few frames, coded from those before it."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import av
import cv2
import numpy as np
from av.codec.codec import UnknownCodecError
from numpy.typing import NDArray
from upscale.train.degrade.compress import GRID_PX, draw_grid
from upscale.train.degrade.steps import Pixels, choose

from upscale.errors import EnvironmentLackError

Codec = Literal["h264", "mpeg4"]

_ENCODERS: dict[Codec, str] = {"h264": "libx264", "mpeg4": "mpeg4"}
_CODECS: dict[Codec, float] = {"h264": 0.7, "mpeg4": 0.3}
# From good to poor: x264's quantisers about those of crf 22 to 36 (18 is called transparent, 23 is its default);
# MPEG-4's of 3 to 15, of 1 to 31.
_QUANTISERS: dict[Codec, tuple[int, int]] = {"h264": (22, 36), "mpeg4": (3, 15)}
_FRAMES = 3  # an intra frame, or up to two that are predicted after it
_MOTION_PX = 3


@dataclass(frozen=True)
class Video:
    """Of `frames` frames of a scene that moves by so many pixels from each to the next."""

    codec: Codec
    quantiser: int
    frames: int
    down_px: int
    right_px: int
    grid_top_px: int
    grid_left_px: int

    def apply(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        """The last frame as it comes back; the scene has come to its place there."""
        height, width = pixels.shape[:2]
        pad = 2 * GRID_PX
        # Room for the grid's place and the way, and whole macroblocks.
        padded: Pixels = np.asarray(
            cv2.copyMakeBorder(pixels, pad, 2 * pad, pad, 2 * pad, cv2.BORDER_REPLICATE), np.uint8
        )
        rows, columns = (_whole(length + GRID_PX) for length in (height, width))
        tops = [pad - self.grid_top_px + self.down_px * ago for ago in reversed(range(self.frames))]
        lefts = [pad - self.grid_left_px + self.right_px * ago for ago in reversed(range(self.frames))]
        clip = [padded[top : top + rows, left : left + columns] for top, left in zip(tops, lefts, strict=True)]
        last = _rgb(_coded([_planes(frame) for frame in clip], _ENCODERS[self.codec], self.quantiser))
        return last[self.grid_top_px :, self.grid_left_px :][:height, :width]


def draw_video(rng: np.random.Generator) -> Video:
    """H.264 mostly, some MPEG-4 part 2 as in old files."""
    codec = choose(rng, _CODECS)
    low, high = _QUANTISERS[codec]
    down_px, right_px = rng.integers(-_MOTION_PX, _MOTION_PX + 1, 2)
    quantiser, frames = int(rng.integers(low, high + 1)), 1 + int(rng.integers(_FRAMES))
    return Video(codec, quantiser, frames, int(down_px), int(right_px), *draw_grid(rng))


def _whole(length_px: int) -> int:
    return -(-length_px // GRID_PX) * GRID_PX


def _planes(pixels: Pixels) -> NDArray[np.uint8]:
    """Luma, then chroma of half the size, as FFmpeg lays them out. Shape: (H, W, 3) -> (3 * H / 2, W).

    Chroma by area and in the middle of its pixels: the usual place at their left would move the colours.
    """
    luma, red, blue = cv2.split(cv2.cvtColor(pixels, cv2.COLOR_RGB2YCrCb))
    half = (pixels.shape[1] // 2, pixels.shape[0] // 2)
    small = [cv2.resize(plane, half, interpolation=cv2.INTER_AREA) for plane in (blue, red)]
    return np.concatenate([luma.ravel(), *(plane.ravel() for plane in small)]).reshape(-1, pixels.shape[1])


def _rgb(planes: NDArray[np.uint8]) -> Pixels:
    """The way back."""
    height, width = planes.shape[0] * 2 // 3, planes.shape[1]
    chroma = planes[height:].reshape(2, height // 2, width // 2)
    blue, red = (cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR) for plane in chroma)
    return np.asarray(cv2.cvtColor(cv2.merge([planes[:height], red, blue]), cv2.COLOR_YCrCb2RGB), np.uint8)


def _coded(frames: list[NDArray[np.uint8]], name: str, quantiser: int) -> NDArray[np.uint8]:
    """The last frame after encoding and decoding, on one thread: the same everywhere. Shape: as each frame's."""
    encoder = open_codec(name, "w")
    encoder.height, encoder.width = frames[0].shape[0] * 2 // 3, frames[0].shape[1]
    encoder.pix_fmt, encoder.time_base = "yuv420p", Fraction(1, 25)
    encoder.options = _options(name, quantiser)
    packets: list[av.Packet[av.VideoStream] | None] = []
    for index, planes in enumerate(frames):
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts = index
        packets += encoder.encode(frame)
    packets += [*encoder.encode(None), None]
    decoder = open_codec("h264" if name == "libx264" else name, "r")
    decoded = [frame for packet in packets for frame in decoder.decode(packet)]
    return np.asarray(decoded[-1].to_ndarray(), np.uint8)


def open_codec(name: str, mode: Literal["r", "w"]) -> av.VideoCodecContext:
    """A video codec on one thread; EnvironmentLackError where FFmpeg was built without it."""
    try:
        context = av.CodecContext.create(name, mode)
    except UnknownCodecError as error:
        raise EnvironmentLackError(
            f"--degrade real needs the video codec {name}, which this build of FFmpeg lacks: install av from PyPI"
        ) from error
    assert isinstance(context, av.VideoCodecContext)  # only video codecs are named here
    context.thread_count = 1
    return context


def _options(name: str, quantiser: int) -> dict[str, str]:
    if name == "libx264":
        # No look-ahead and no second frame in flight: a few milliseconds for a crop.
        return {"preset": "veryfast", "tune": "zerolatency", "qp": str(quantiser)}
    return {"qmin": str(quantiser), "qmax": str(quantiser)}
