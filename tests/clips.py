"""Tiny clips with known frames, times, tags and sound, and what a fresh PyAV container says of a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

RATE_HZ = 8000


@dataclass(frozen=True)
class Clip:
    """What to put into a clip; `times` are the frames' pts in ticks of `time_base`."""

    times: Sequence[int] = tuple(range(0, 12 * 512, 512))
    time_base: Fraction = Fraction(1, 12800)
    height: int = 32
    width: int = 48
    pix_fmt: str = "yuv420p"
    codec: str = "libx264"
    audio: bool = True
    sample_aspect: Fraction | None = None
    rotation: int | None = None
    # matrix, range, primaries, transfer as in ITU-T H.273
    tags: tuple[int, int, int, int] | None = None
    options: Mapping[str, str] = field(default_factory=lambda: {"preset": "ultrafast", "crf": "10", "bf": "2"})


def picture(index: int, height: int, width: int) -> NDArray[np.uint8]:
    """A smooth pattern that moves with the frame's number. Shape: (height, width, 3)."""
    y, x = np.mgrid[0:height, 0:width]
    waves = [128 + 90 * np.sin((x * (1 + c) + y * (3 - c)) / 9 + index / 5) for c in range(3)]
    return np.stack(waves, axis=-1).astype(np.uint8)


def write_clip(path: Path, clip: Clip | None = None) -> Path:
    """Write a clip, its frames and a sine of the same length."""
    clip = clip or Clip()
    with av.open(str(path), "w") as container:
        video = container.add_stream(clip.codec, rate=25, options=dict(clip.options))
        assert isinstance(video, av.VideoStream)
        video.height, video.width, video.pix_fmt = clip.height, clip.width, clip.pix_fmt
        video.codec_context.time_base = clip.time_base
        if clip.sample_aspect:
            video.codec_context.sample_aspect_ratio = clip.sample_aspect
        if clip.rotation:
            video.set_display_rotation(clip.rotation)
        if clip.tags:
            context = video.codec_context
            context.colorspace, context.color_range, context.color_primaries, context.color_trc = clip.tags
        audio = container.add_stream("aac", rate=RATE_HZ) if clip.audio else None
        container.metadata["title"] = "a test"
        for index, pts in enumerate(clip.times):
            frame = av.VideoFrame.from_ndarray(picture(index, clip.height, clip.width)).reformat(format=clip.pix_fmt)
            frame.pts, frame.time_base = pts, clip.time_base
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None:
            write_sine(container, audio, float((clip.times[-1] - clip.times[0]) * clip.time_base))
    return path


def write_sine(container: av.container.OutputContainer, stream: av.AudioStream, length_s: float) -> None:
    """Encode so much of a tone into a stream, to its end."""
    samples = np.sin(np.arange(int(length_s * RATE_HZ)) / 5).astype(np.float32)
    for start in range(0, len(samples) - 1024, 1024):
        block = np.stack([samples[start : start + 1024]] * 2)
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, start, Fraction(1, RATE_HZ)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def frame_times(path: Path) -> list[Fraction]:
    """When each decoded frame is shown, in seconds."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [frame.pts * stream.time_base for frame in container.decode(stream)]


def packets(path: Path, kind: str) -> list[tuple[Fraction, bytes]]:
    """(seconds, bytes) of every packet of the first stream of that kind."""
    with av.open(str(path)) as container:
        stream = next(stream for stream in container.streams if stream.type == kind)
        return [(packet.pts * stream.time_base, bytes(packet)) for packet in container.demux(stream) if packet.size]


def first_frame(path: Path) -> av.VideoFrame:
    """The first decoded frame."""
    with av.open(str(path)) as container:
        return next(container.decode(video=0))
