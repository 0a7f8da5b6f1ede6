import av
import numpy as np
import pytest

from upscale.video.colour.layout import component_views, find_layout

FORMATS = ["yuv420p", "yuv422p10le", "yuv411p", "nv12", "nv21", "p010le", "yuyv422", "uyvy422", "rgb24", "bgr0"]
WITH_ALPHA = [
    *("yuva420p", "yuva422p10le", "yuva444p10le", "yuva444p12le", "gbrap", "gbrap12le"),
    *("rgba", "bgra", "argb", "abgr", "rgba64le", "rgba64be", "ya8", "ya16le"),
]


@pytest.mark.parametrize("name", [*FORMATS, *WITH_ALPHA, "gbrp", "gbrp10le", "gray", "gray12le", "rgb48be"])
def test_what_is_written_through_views_is_what_the_frame_holds(name: str) -> None:
    layout = find_layout(name)
    assert layout is not None
    frame = av.VideoFrame(22, 10, name)
    rng = np.random.default_rng(0)
    written = []
    for view in component_views(frame, layout):
        view[:] = rng.integers(0, layout.peak + 1, view.shape) << layout.shift
        written.append(view.copy())
    for view, codes in zip(component_views(frame, layout), written, strict=True):
        np.testing.assert_array_equal(view, codes)


# Swscale, which reads the packed formats itself, is the judge of where each component lies.
@pytest.mark.parametrize("name", ["nv12", "nv21", "p010le", "yuyv422", "uyvy422"])
def test_luma_and_chroma_lie_where_swscale_reads_them(name: str) -> None:
    layout = find_layout(name)
    assert layout is not None
    frame = av.VideoFrame(16, 8, name)
    for view, code in zip(component_views(frame, layout), (50, 90, 160), strict=True):
        view[:] = code << layout.shift << (layout.depth - 8)
    planar = frame.reformat(format="yuv444p")
    plain = find_layout("yuv444p")
    assert plain is not None
    assert [int(view[4, 8]) for view in component_views(planar, plain)] == [50, 90, 160]


@pytest.mark.parametrize("name", ["rgb24", "bgr24", "bgra", "argb", "abgr", "rgba", "gbrp", "gbrap", "bgr0"])
def test_red_green_blue_and_alpha_lie_where_swscale_reads_them(name: str) -> None:
    layout = find_layout(name)
    assert layout is not None
    frame = av.VideoFrame(16, 8, name)
    codes = (10, 90, 200, 130)[: len(layout.components)]
    for view, code in zip(component_views(frame, layout), codes, strict=True):
        view[:] = code
    seen = frame.to_ndarray(format="rgba")[3, 3].tolist()
    assert seen[: len(codes)] == list(codes)


@pytest.mark.parametrize("name", ["rgb48be", "rgba64be", "gray16be", "rgb48le", "rgba64le"])
def test_both_orders_of_bytes_are_numbers(name: str) -> None:
    layout = find_layout(name)
    assert layout is not None
    frame = av.VideoFrame(16, 8, name)
    for view in component_views(frame, layout):
        view[:] = 0x1234
    assert (frame.to_ndarray() == 0x1234).all()


@pytest.mark.parametrize("name", WITH_ALPHA)
def test_alpha_is_a_whole_last_component(name: str) -> None:
    layout = find_layout(name)
    assert layout is not None
    assert layout.has_alpha and layout.colours == len(layout.components) - 1
    assert component_views(av.VideoFrame(22, 10, name), layout)[-1].shape == (10, 22)


@pytest.mark.parametrize("name", ["yuv420p", "gray", "rgb24", "bgr0", "0rgb", "nv12"])
def test_other_formats_have_no_alpha(name: str) -> None:
    layout = find_layout(name)
    assert layout is not None
    assert not layout.has_alpha and layout.colours == len(layout.components)


@pytest.mark.parametrize("name", ["pal8", "gbrpf32le", "bayer_rggb8", "monow"])
def test_formats_without_integer_planes_are_unknown(name: str) -> None:
    assert find_layout(name) is None


def test_a_jpeg_format_is_its_plain_one() -> None:
    assert find_layout("yuvj420p") == find_layout("yuv420p")
