"""Clips of random codes, and what is seen of a clip: its own planes, and Debian's ffmpeg's idea of its colours."""

import subprocess
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from ffprobe import probe
from numpy.typing import NDArray

from upscale.video.colour.layout import component_views, find_layout


def planes_of(frame: av.VideoFrame) -> list[NDArray[np.int64]]:
    """Copies of a frame's components."""
    layout = find_layout(frame.format.name)
    assert layout is not None
    return [view.astype(np.int64) for view in component_views(frame, layout)]


def noise(path: Path, pix_fmt: str, tags: tuple[int, int, int, int], size_px: tuple[int, int] = (22, 34)) -> Path:
    """Two frames of random codes, all of which are used, in a lossless clip."""
    layout, rng = find_layout(pix_fmt), np.random.default_rng(0)
    assert layout is not None
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25, options={"chroma_sample_location": "left"})
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width, stream.pix_fmt = *size_px, pix_fmt
        context = stream.codec_context
        context.colorspace, context.color_range, context.color_primaries, context.color_trc = tags
        for index in range(2):
            frame = av.VideoFrame(size_px[1], size_px[0], pix_fmt)
            for view in component_views(frame, layout):
                view[:] = rng.integers(0, layout.peak, view.shape, endpoint=True)
            frame.pts, frame.time_base = index, Fraction(1, 25)
            frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc = tags
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def seen_by_ffmpeg(path: Path) -> NDArray[np.int64]:
    """The first frame as Debian's ffmpeg shows it, by the tags it finds. Shape: (height, width, 3)."""
    video = probe(path).streams("video")[0]
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-frames:v", "1", "-f", "rawvideo"]
    accurate = ["-sws_flags", "accurate_rnd+full_chroma_int+bicubic", "-pix_fmt", "rgb24", "-"]
    raw = subprocess.run([*command, *accurate], capture_output=True, check=True, timeout=60).stdout
    shape = (-1, int(video["width"]), 3)
    if any(data.get("rotation") in (-90, 90) for data in video.get("side_data_list", [])):
        shape = (-1, int(video["height"]), 3)
    return np.frombuffer(raw, np.uint8).reshape(shape).astype(np.int64)
