"""Fields become frames: one for one, at the same times, in the right order. Judge: the pictures before weaving."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.filter import Graph
from clips import Clip, write_clip
from numpy.typing import NDArray

from upscale.errors import UsageError
from upscale.video.colour.layout import component_views, find_layout
from upscale.video.reading.deinterlace import Deinterlace
from upscale.video.reading.reader import Frame, Reading, VideoReader

HEIGHT, WIDTH, FRAMES = 64, 96, 8


def scene(moment: float) -> NDArray[np.uint8]:
    """A soft bar that moves 6 px a frame."""
    x = np.arange(WIDTH)[None, :] - 6 * moment - 20
    return np.broadcast_to(40 + 160 * np.exp(-((x / 8) ** 2)), (HEIGHT, WIDTH)).astype(np.uint8)


def woven(index: int, *, top_first: bool) -> NDArray[np.uint8]:
    """Even rows of one moment, odd rows of half a frame later, or the other way round."""
    picture = scene(index).copy()
    picture[int(top_first) :: 2] = scene(index + 0.5)[int(top_first) :: 2]
    return picture


def as_frame(gray: NDArray[np.uint8], pix_fmt: str) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(gray, "gray").reformat(format=pix_fmt)


def field_order(pix_fmt: str, *, top_first: bool) -> Graph:
    """Marks frames; libx264 believes them and not its own option."""
    graph = Graph()
    source = graph.add_buffer(width=WIDTH, height=HEIGHT, format=av.VideoFormat(pix_fmt), time_base=Fraction(1, 25))
    graph.link_nodes(source, graph.add("setfield", "tff" if top_first else "bff"), graph.add("buffersink")).configure()
    return graph


def interlaced(path: Path, *, top_first: bool, pix_fmt: str = "yuv420p") -> Path:
    order = "tff=1" if top_first else "bff=1"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"x264-params": order, "crf": "4", "bf": "2"})
        stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, pix_fmt
        graph = field_order(pix_fmt, top_first=top_first)
        for index in range(FRAMES):
            graph.vpush(as_frame(woven(index, top_first=top_first), pix_fmt))
            frame = graph.vpull()
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def read(path: Path, wish: Deinterlace) -> tuple[list[Frame], list[str], Fraction]:
    with VideoReader(path, Reading(deinterlace=wish)) as reader:
        return list(reader.frames()), reader.notes(), reader.info.time_base


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p10le"])
@pytest.mark.parametrize("top_first", [True, False])
def test_fields_become_whole_pictures_in_their_order(tmp_path: Path, top_first: bool, pix_fmt: str) -> None:
    path = interlaced(tmp_path / "clip.mp4", top_first=top_first, pix_fmt=pix_fmt)
    frames, notes, _ = read(path, "auto")
    raw, raw_notes, _ = read(path, "off")
    assert len(frames) == len(raw) == FRAMES
    assert [(frame.pts, frame.duration) for frame in frames] == [(frame.pts, frame.duration) for frame in raw]
    assert notes == [f"interlaced frames, deinterlaced with bwdif: {FRAMES}"] and "enlarged as if" in raw_notes[0]
    layout = find_layout(pix_fmt)
    assert layout is not None
    truths = [component_views(as_frame(scene(index), pix_fmt), layout)[0].astype(float) for index in range(FRAMES)]

    def error(found: list[Frame]) -> float:
        # A frame shows the moment of its first field.
        pairs = list(zip((frame.planes[0] for frame in found), truths, strict=True))
        return float(np.mean([np.abs(plane - truth)[8:-8].mean() for plane, truth in pairs[1:-1]]))

    assert error(frames) < 0.25 * error(raw)


def test_progressive_frames_pass_untouched(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", Clip(audio=False))
    auto, notes, _ = read(path, "auto")
    off, _, _ = read(path, "off")
    assert notes == [] and all(np.array_equal(a.planes[0], b.planes[0]) for a, b in zip(auto, off, strict=True))


@pytest.mark.parametrize("pix_fmt", ["yuva420p", "bgra", "gray", "yuv444p10le", "nv12"])
def test_every_format_comes_out_as_it_went_in(tmp_path: Path, pix_fmt: str) -> None:
    codec = "rawvideo" if pix_fmt == "nv12" else "ffv1"
    clip = Clip(codec=codec, pix_fmt=pix_fmt, audio=False, options={})
    path = write_clip(tmp_path / ("clip.nut" if pix_fmt == "nv12" else "clip.mkv"), clip)
    on, notes, _ = read(path, "on")
    off, _, _ = read(path, "off")
    assert notes == ["all frames were deinterlaced with bwdif"] and len(on) == len(off) == 12
    assert [[plane.shape for plane in frame.planes] for frame in on] == [[p.shape for p in f.planes] for f in off]
    assert all(abs(float(a.planes[0].mean()) - float(b.planes[0].mean())) < 4 for a, b in zip(on, off, strict=True))


@pytest.mark.parametrize(("height", "width", "pix_fmt"), [(6, 16, "yuv420p"), (16, 4, "yuv420p"), (3, 16, "gray")])
def test_pictures_too_small_for_it_are_refused_or_left_as_they_are(
    tmp_path: Path, height: int, width: int, pix_fmt: str
) -> None:
    small = Clip(codec="rawvideo", pix_fmt=pix_fmt, height=height, width=width, audio=False, options={})
    path = write_clip(tmp_path / "clip.nut", small)
    with pytest.raises(UsageError, match=f"--deinterlace on: pictures of {width}x{height} pixels .* are too small"):
        read(path, "on")
    assert len(read(path, "auto")[0]) == 12
    enough = write_clip(tmp_path / "enough.nut", replace(small, height=8, width=6))
    assert len(read(enough, "on")[0]) == 12


@pytest.mark.data
@pytest.mark.parametrize(("name", "frames", "count"), [("HCAFF1_HHI.264", 10, 4), ("freh10.264", 100, 100)])
def test_conformance_streams_keep_their_count(data_folder: Path, name: str, frames: int, count: int) -> None:
    found, notes, time_base = read(data_folder / "video/h264_conformance_interlaced" / name, "auto")
    assert [frame.pts * time_base for frame in found] == [Fraction(index, 25) for index in range(frames)]
    assert f"interlaced frames, deinterlaced with bwdif: {count}" in notes
