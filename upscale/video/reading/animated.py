"""Animated WebP, which FFmpeg does not decode, as frames like any other clip's."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import av
import numpy as np

from upscale.errors import BadInputError
from upscale.images.animated_reader import frames, is_animated
from upscale.images.image_io import LIMIT_PX
from upscale.images.picture import Picture
from upscale.video.reading.damage import Damage

TIME_BASE = Fraction(1, 1000)
_RIFF_BYTES = 12


def webp_frames(source: Path, damage: Damage) -> Iterator[av.VideoFrame]:
    """The frames as a viewer shows them, RGBA or RGB, with their times in milliseconds; `damage` hears of a cut.

    Raises BadInputError for what is no animation, or holds no frame that can be decoded.
    """
    content, is_cut = _whole_chunks(source.read_bytes())
    ends_ms: list[int] = []
    index = 0
    try:
        if not is_animated(content, "webp"):
            raise BadInputError("it is a single picture; `upscale images` enlarges it")
        for picture in frames(content, "webp", LIMIT_PX):
            animation = picture.animation
            if animation is not None and not index:
                ends_ms = [0, *(round(end / TIME_BASE) for end in accumulate(animation.delays_s))]
            yield _frame(picture, ends_ms[index], ends_ms[index + 1])
            index += 1
    except BadInputError as error:
        if not index:
            raise BadInputError(f"{source} is no video that can be read: {error}") from error
        damage.unread = f"after {ends_ms[index] / 1000:.2f} s: {error}"
    if is_cut:
        damage.cut_off = f"it is cut off after {ends_ms[index] / 1000:.2f} s"


def _frame(picture: Picture, start_ms: int, end_ms: int) -> av.VideoFrame:
    pixels = picture.pixels if picture.alpha is None else np.concatenate((picture.pixels, picture.alpha), axis=2)
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24" if picture.alpha is None else "rgba")
    frame.pts, frame.duration, frame.time_base = start_ms, end_ms - start_ms, TIME_BASE
    return frame


def _whole_chunks(content: bytes) -> tuple[bytes, bool]:
    """A file that is cut off without its last, broken chunk, and whether it is one (RFC 9649, section 2.3)."""
    if len(content) >= 8 + int.from_bytes(content[4:8], "little"):
        return content, False
    end = at = _RIFF_BYTES
    while at + 8 <= len(content):
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        at += 8 + size + size % 2
        end = at if at <= len(content) else end
    return content[:4] + (end - 8).to_bytes(4, "little") + content[8:end], True
