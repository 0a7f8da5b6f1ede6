import av
import numpy as np
import pytest
import torch

from upscale.video.colour.conversion import Colour, Matrix, alpha_level, planes_to_rgb, rgb_to_planes
from upscale.video.colour.layout import PixelLayout, component_size, component_views, find_layout

MATRICES: list[Matrix] = ["bt601", "bt709", "fcc", "smpte240m", "bt2020", "ycgco"]


def layout_of(name: str) -> PixelLayout:
    layout = find_layout(name)
    assert layout is not None
    return layout


def random_planes(layout: PixelLayout, height: int = 22, width: int = 26) -> list[torch.Tensor]:
    word = torch.uint8 if layout.depth <= 8 else torch.uint16
    sizes = [component_size(layout, index, height, width) for index in range(len(layout.components))]
    return [(torch.randint(0, layout.peak + 1, size, dtype=torch.int32) << layout.shift).to(word) for size in sizes]


@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("pix_fmt", ["yuv444p", "yuv444p10le", "yuv444p12le", "yuv444p16le", "gray", "gray10le"])
def test_every_code_comes_back_where_chroma_is_whole(matrix: Matrix, full_range: bool, pix_fmt: str) -> None:
    layout, colour = layout_of(pix_fmt), Colour(matrix, full_range)
    planes = random_planes(layout)
    again = rgb_to_planes(planes_to_rgb(planes, layout, colour), layout, colour)
    assert all(torch.equal(one, other) for one, other in zip(planes, again, strict=True))


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p", "yuv440p", "yuv411p", "yuv420p10le", "nv12", "p010le"])
@pytest.mark.parametrize("size", [(22, 26), (21, 27), (1, 1)])
def test_luma_comes_back_whatever_happens_to_chroma(pix_fmt: str, size: tuple[int, int]) -> None:
    layout, colour = layout_of(pix_fmt), Colour("bt709", False)
    planes = random_planes(layout, *size)
    again = rgb_to_planes(planes_to_rgb(planes, layout, colour), layout, colour)
    assert torch.equal(planes[0], again[0])
    assert [plane.shape for plane in planes] == [plane.shape for plane in again]


@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("full_range", [False, True])
def test_gray_stays_neutral_both_ways(matrix: Matrix, full_range: bool) -> None:
    layout, colour = layout_of("yuv420p"), Colour(matrix, full_range)
    ramp = torch.arange(16, 236, dtype=torch.uint8).reshape(10, 22)
    neutral = torch.full((5, 11), 128, dtype=torch.uint8)
    rgb = planes_to_rgb([ramp, neutral, neutral], layout, colour)
    assert (rgb - rgb[:1]).abs().max() < 1e-6
    luma, cb, cr = rgb_to_planes(rgb, layout, colour)
    assert torch.equal(luma, ramp) and torch.equal(cb, neutral) and torch.equal(cr, neutral)


# 8-bit limited-range codes of pure colours, as tables of colour bars print them.
@pytest.mark.parametrize(
    ("matrix", "rgb", "codes"),
    [
        ("bt601", (1, 0, 0), (81, 90, 240)),
        ("bt601", (0, 1, 0), (145, 54, 34)),
        ("bt601", (0, 0, 1), (41, 240, 110)),
        ("bt709", (1, 0, 0), (63, 102, 240)),
        ("bt709", (0, 1, 0), (173, 42, 26)),
        ("bt709", (0, 0, 1), (32, 240, 118)),
        ("bt709", (1, 1, 1), (235, 128, 128)),
        ("bt2020", (0, 0, 0), (16, 128, 128)),
    ],
)
def test_pure_colours_have_their_published_codes(
    matrix: Matrix, rgb: tuple[int, int, int], codes: tuple[int, int, int]
) -> None:
    picture = torch.tensor(rgb, dtype=torch.float32)[:, None, None].expand(3, 4, 4)
    planes = rgb_to_planes(picture, layout_of("yuv420p"), Colour(matrix, False))
    assert tuple(int(plane[0, 0]) for plane in planes) == codes


@pytest.mark.parametrize(("matrix", "name"), [("bt601", "ITU601"), ("bt709", "ITU709")])
@pytest.mark.parametrize("full_range", [False, True])
def test_swscale_sees_the_same_colours(matrix: Matrix, name: str, full_range: bool) -> None:
    layout, colour = layout_of("yuv444p"), Colour(matrix, full_range)
    inside = torch.rand(3, 32, 32) * 0.9 + 0.05
    frame = av.VideoFrame(32, 32, "yuv444p")
    for view, plane in zip(component_views(frame, layout), rgb_to_planes(inside, layout, colour), strict=True):
        view[:] = plane.numpy()
    accurate = 0x40000 | 0x2000 | 2  # SWS_ACCURATE_RND, FULL_CHR_H_INT, BILINEAR
    seen = frame.reformat(
        format="gbrp",
        src_colorspace=name,
        src_color_range=2 if full_range else 1,
        dst_color_range=2,
        interpolation=accurate,
    )
    theirs = np.stack(component_views(seen, layout_of("gbrp")))
    ours = planes_to_rgb([torch.from_numpy(v) for v in component_views(frame, layout)], layout, colour).numpy() * 255
    assert np.abs(theirs - ours).max() <= 1.01


def test_colours_outside_the_rgb_gamut_survive() -> None:
    layout, colour = layout_of("yuv444p"), Colour("bt709", False)
    planes = [torch.full((2, 2), code, dtype=torch.uint8) for code in (20, 235, 20)]
    rgb = planes_to_rgb(planes, layout, colour)
    assert rgb.min() < -0.3 and rgb.max() > 0.5
    assert [int(plane[0, 0]) for plane in rgb_to_planes(rgb, layout, colour)] == [20, 235, 20]


def test_codes_are_cut_at_the_ends_and_never_wrap() -> None:
    layout = layout_of("yuv444p10le")
    planes = rgb_to_planes(torch.full((3, 2, 2), 9.0), layout, Colour("bt709", False))
    assert int(planes[0][0, 0]) == 1023


@pytest.mark.parametrize("pix_fmt", ["rgb24", "bgra", "gbrp", "gbrap", "gbrp12le", "rgb48le", "0bgr"])
def test_rgb_formats_come_back(pix_fmt: str) -> None:
    layout, colour = layout_of(pix_fmt), Colour("rgb", True)
    planes = random_planes(layout)
    rgb = planes_to_rgb(planes, layout, colour)
    alpha = alpha_level(planes[-1], layout) if layout.has_alpha else None
    again = rgb_to_planes(rgb, layout, colour, alpha)
    assert all(torch.equal(one, two) for one, two in zip(planes, again, strict=True))


@pytest.mark.parametrize("pix_fmt", ["yuva420p", "yuva444p10le", "ya8", "ya16le", "gbrap12le"])
@pytest.mark.parametrize("full_range", [False, True])
def test_alpha_uses_the_full_range_everywhere(pix_fmt: str, full_range: bool) -> None:
    layout, colour = layout_of(pix_fmt), Colour("bt709", full_range)
    rgb = torch.rand(3, 4, 6)
    for level in (0.0, 0.5, 1.0):
        plane = rgb_to_planes(rgb, layout, colour, level)[-1]
        assert (plane.to(torch.int32) == round(level * layout.peak + 1e-6)).all()
    assert (rgb_to_planes(rgb, layout, colour)[-1].to(torch.int32) == layout.peak).all()
    assert planes_to_rgb(rgb_to_planes(rgb, layout, colour), layout, colour).shape == rgb.shape
