"""Pixel formats without a layout of their own are read in one that holds all they hold."""

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from upscale.errors import BadInputError
from upscale.video.colour.layout import component_views, find_layout
from upscale.video.reading.reader import VideoReader
from upscale.video.reading.uniform import Uniform, readable_format

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "name",
    ["pal8", "monob", "monow", "rgb48be", "yuv420p10be", "x2rgb10le", "yvyu422", "ayuv64le", "gray10be", "y210le"],
)
def test_what_is_read_otherwise_loses_nothing(name: str) -> None:
    readable, is_lossy = readable_format(name)
    assert find_layout(readable) is not None and not is_lossy


@pytest.mark.parametrize("name", ["gbrpf32le", "bayer_rggb8", "grayf32le", "xyz12le"])
def test_what_loses_something_says_so(name: str) -> None:
    readable, is_lossy = readable_format(name)
    assert find_layout(readable) is not None and is_lossy


@pytest.mark.parametrize("name", ["x2rgb10le", "yvyu422", "y210le", "monob"])
def test_there_and_back_is_the_same(name: str) -> None:
    frame = av.VideoFrame(16, 8, name)
    plane = frame.planes[0]
    plane.update(RNG.integers(0, 256, plane.buffer_size, np.uint8).tobytes())
    uniform = Uniform(frame)
    (once,) = uniform.frames([frame])
    back = once.reformat(format=name, threads=1).reformat(format=uniform.name, threads=1)
    (again,) = Uniform(once).frames([back])
    assert once.format.name == uniform.name and uniform.notes() == []
    layout = find_layout(uniform.name)
    assert layout is not None
    for one, two in zip(component_views(once, layout), component_views(again, layout), strict=True):
        assert np.array_equal(one, two)


def test_a_frame_is_read_the_same_each_time() -> None:
    frame = av.VideoFrame(16, 8, "y210le")
    plane = frame.planes[0]
    plane.update(RNG.integers(0, 256, plane.buffer_size, np.uint8).tobytes())
    layout = find_layout("yuv422p10le")
    assert layout is not None
    read = set()
    for _ in range(300):
        (again,) = Uniform(frame).frames([frame])
        read.add(b"".join(view.tobytes() for view in component_views(again, layout)))
    assert len(read) == 1


@pytest.mark.parametrize(("name", "unit"), [("yuv420p", 1), ("yuv444p10le", 4)])
@pytest.mark.parametrize("first_is_full", [True, False])
def test_a_range_that_changes_on_the_way_is_converted_and_said(name: str, unit: int, first_is_full: bool) -> None:
    layout = find_layout(name)
    assert layout is not None
    full, limited = (av.VideoFrame(64, 16, name) for _ in range(2))
    levels = np.linspace(0, 1, 64)
    codes = {2: levels * layout.peak, 1: (levels * 219 + 16) * unit}
    for frame, colour_range in ((full, 2), (limited, 1)):
        frame.color_range = colour_range
        for index, view in enumerate(component_views(frame, layout)):
            view[:] = 128 * unit if index else np.rint(codes[colour_range])
    first, other = (full, limited) if first_is_full else (limited, full)
    uniform = Uniform(first)
    same, converted = uniform.frames([first, other])
    assert same is first
    assert uniform.notes() == [
        f"frames of another colour range, converted to the first one's {'full' if first_is_full else 'limited'}: 1"
    ]
    luma, cb, _ = component_views(converted, layout)
    wanted = codes[2 if first_is_full else 1]
    assert np.abs(luma - wanted).max() <= 1.5 and np.abs(cb.astype(int) - 128 * unit).max() <= 1


def test_what_cannot_be_converted_is_named() -> None:
    frame = av.VideoFrame(16, 8, "gbrap32le")
    with pytest.raises(BadInputError, match="gbrap32le, which cannot be read"):
        list(Uniform(frame).frames([frame]))


def test_a_palette_clip_is_read_in_its_colours(tmp_path: Path) -> None:
    colours = RNG.integers(0, 256, (8, 3), np.uint8)
    picture = Image.fromarray((np.arange(32 * 48).reshape(32, 48) % 8).astype(np.uint8), "P")
    picture.putpalette(colours.tobytes())
    for index in range(3):
        picture.save(tmp_path / f"p{index}.png")
    with VideoReader(tmp_path / "p%d.png") as reader:
        frames = list(reader.frames())
    assert len(frames) == 3
    assert np.array_equal(np.stack(frames[0].planes[:3], axis=-1), np.asarray(picture.convert("RGB")))
