"""Sizes are met by what players show: stored columns times the pixels' shape, turned where the clip says so."""

from fractions import Fraction
from pathlib import Path

import pytest

from upscale.engine.scaling import ScalePlan, plan_scale
from upscale.engine.sizes import SizeWish
from upscale.errors import UsageError
from upscale.video.colour.conversion import Colour
from upscale.video.colour.layout import find_layout
from upscale.video.colour.tags import BT709_TAGS
from upscale.video.reading.reader import VideoInfo
from upscale.video.square import as_shown
from upscale.video.view import Viewing, plan_view

QUARTER = (0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)
HALF = (-65536, 0, 0, 0, -65536, 0, 0, 0, 1 << 30)
DVD, HDV, NTSC = (576, 720, Fraction(64, 45)), (1080, 1440, Fraction(4, 3)), (480, 720, Fraction(8, 9))
PHONE = (1080, 1920, None)
Kind = tuple[int, int, Fraction | None]


def shown(kind: Kind, wish: SizeWish, viewing: Viewing, matrix: tuple[int, ...] | None = None) -> tuple[int, int]:
    """(height, width) on the screen of what is planned."""
    layout = find_layout("yuv420p")
    assert layout is not None
    height, width, aspect = kind
    info = VideoInfo(
        source=Path("clip.mp4"), stream_index=0, height=height, width=width, layout=layout,
        colour=Colour("bt709", full_range=False), tags=BT709_TAGS, sample_aspect=aspect, time_base=Fraction(1, 25),
        rate=Fraction(25), frame_estimate=None, display_matrix=matrix,
    )  # fmt: skip
    view, plan = as_shown(plan_view(info, viewing), ScalePlan(plan_scale("nearest", 2).networks, wish))
    rows, columns = plan.target_size(view.info.height, view.info.width)
    wide = round(columns * (view.info.sample_aspect or 1))
    return (wide, rows) if view.info.display_matrix == QUARTER else (rows, wide)


@pytest.mark.parametrize("viewing", [Viewing(), Viewing(square_pixels=True), Viewing(rotation="apply")])
@pytest.mark.parametrize(
    ("kind", "matrix", "wish", "size"),
    [
        (DVD, None, SizeWish(frame=(1080, 1920)), (1080, 1920)),
        (HDV, None, SizeWish(frame=(2160, 3840)), (2160, 3840)),
        (HDV, None, SizeWish(frame=(2160, 1920)), (1080, 1920)),
        (NTSC, None, SizeWish(frame=(1080, 1280)), (960, 1280)),
        (NTSC, None, SizeWish(long_side=1280), (960, 1280)),
        (HDV, None, SizeWish(short_side=2160), (2160, 3840)),
        (HDV, None, SizeWish(frame=(1000, 1000), fit="stretch"), (1000, 1000)),
        (PHONE, QUARTER, SizeWish(frame=(3840, 2160)), (3840, 2160)),
        (PHONE, HALF, SizeWish(frame=(2160, 3840)), (2160, 3840)),
        (PHONE, None, SizeWish(frame=(3840, 2160)), (1215, 2160)),
        (HDV, QUARTER, SizeWish(frame=(3840, 2160)), (3840, 2160)),
    ],
)
def test_the_size_wished_is_the_size_shown(
    kind: Kind, matrix: tuple[int, ...] | None, wish: SizeWish, size: tuple[int, int], viewing: Viewing
) -> None:
    assert shown(kind, wish, viewing, matrix) == size


def test_what_is_cut_fills_the_screen() -> None:
    fill = SizeWish(frame=(1080, 1920), fit="fill")
    assert shown(HDV, fill, Viewing()) == shown(DVD, fill, Viewing()) == (1080, 1920)
    with pytest.raises(UsageError, match="--fit fill cuts before pixels become square"):
        shown(HDV, fill, Viewing(square_pixels=True))


@pytest.mark.parametrize("kind", [DVD, HDV, NTSC, PHONE])
def test_factors_count_stored_pixels(kind: Kind) -> None:
    height, width, aspect = kind
    assert shown(kind, SizeWish(scale=2), Viewing()) == (2 * height, round(2 * width * (aspect or 1)))
