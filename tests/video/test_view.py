from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from upscale.errors import BadInputError, UsageError
from upscale.video.colour.conversion import Colour
from upscale.video.colour.hdr import ContentLight, HdrMetadata
from upscale.video.colour.layout import PixelLayout, find_layout
from upscale.video.colour.tags import ColourTags, source_colour, target_colour, target_tags
from upscale.video.reading.reader import VideoInfo
from upscale.video.view import Viewing, plan_view

HD, SD = (1080, 1920), (480, 640)
HDR = ColourTags(9, 1, 9, 16, "topleft")
QUARTER = (0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)


def layout_of(name: str) -> PixelLayout:
    layout = find_layout(name)
    assert layout is not None
    return layout


def info(tags: ColourTags, pix_fmt: str = "yuv420p10le", size_px: tuple[int, int] = HD) -> VideoInfo:
    layout = layout_of(pix_fmt)
    return VideoInfo(
        source=Path("clip.mkv"),
        stream_index=0,
        height=size_px[0],
        width=size_px[1],
        layout=layout,
        colour=source_colour(tags, layout, size_px, Path("clip.mkv")),
        tags=tags,
        sample_aspect=Fraction(16, 15),
        time_base=Fraction(1, 25),
        rate=Fraction(25),
        frame_estimate=None,
        display_matrix=QUARTER,
        hdr=HdrMetadata(None, ContentLight(900, 100)),
    )


def test_by_default_nothing_changes() -> None:
    view = plan_view(info(HDR), Viewing())
    assert view.stored is view.info and view.turn is None and view.tone_map is None and view.notes == ()


@pytest.mark.parametrize(
    ("pix_fmt", "becomes"),
    [
        ("yuv420p10le", "yuv420p"),
        ("yuv422p10le", "yuv422p"),
        ("yuva444p12le", "yuva444p"),
        ("gbrp12le", "gbrp"),
        ("gbrap12le", "gbrap"),
        ("p010le", "yuv420p"),
        ("yuv440p10le", "yuv440p"),
        ("yuv411p", "yuv411p"),
    ],
)
def test_tone_mapped_clips_are_bt709_of_8_bits(pix_fmt: str, becomes: str) -> None:
    view = plan_view(info(HDR, pix_fmt), Viewing(hdr="tonemap"))
    assert view.stored.layout.name == pix_fmt and view.info.layout.name == becomes
    assert view.tone_map is not None and view.tone_map.peak == 900
    assert (view.info.tags.primaries, view.info.tags.transfer, view.info.hdr) == (1, 1, HdrMetadata())
    assert view.info.colour.matrix == ("rgb" if becomes.startswith("gbr") else "bt709")
    assert "900 cd/m2" in view.notes[0]


@pytest.mark.parametrize("wish", ["tonemap", "error"])
def test_sdr_needs_no_tone_mapping(wish: str) -> None:
    sdr = info(ColourTags(1, 1, 1, 1))
    assert plan_view(sdr, Viewing(hdr="tonemap" if wish == "tonemap" else "error")).info == sdr


def test_hdr_can_be_refused() -> None:
    with pytest.raises(UsageError, match=r"HDR \(PQ\)"):
        plan_view(info(HDR), Viewing(hdr="error"))


def test_a_turned_clip_swaps_its_sides() -> None:
    view = plan_view(info(HDR), Viewing(rotation="apply"))
    assert (view.info.height, view.info.width, view.info.sample_aspect) == (1920, 1080, Fraction(15, 16))
    assert view.info.display_matrix is None and view.stored.display_matrix == QUARTER


def test_a_slant_is_kept_and_said() -> None:
    slant = replace(info(HDR), display_matrix=(46341, 46341, 0, -46341, 46341, 0, 0, 0, 1 << 30))
    view = plan_view(slant, Viewing(rotation="apply"))
    assert view.info.display_matrix == slant.display_matrix and "kept instead of applied" in view.notes[0]


def test_the_users_matrix_is_used_and_written() -> None:
    view = plan_view(info(ColourTags(), "yuv420p", SD), Viewing(matrix="bt709"))
    assert view.stored.colour.matrix == "bt709" and view.info.tags.matrix == 1 and view.notes == ()


@pytest.mark.parametrize(
    ("tags", "size_px", "matrix"),
    [
        (ColourTags(), SD, "bt601"),
        (ColourTags(), HD, "bt709"),
        (ColourTags(), (544, 1280), "bt709"),  # a wide film in HD
        (ColourTags(), (720, 576), "bt709"),
        (ColourTags(primaries=9), SD, "bt2020"),
        (ColourTags(transfer=18), SD, "bt2020"),
        (ColourTags(matrix=3), SD, "bt601"),
        (ColourTags(matrix=0), HD, "bt709"),
    ],
)
def test_untagged_matrices_are_guessed_and_said(tags: ColourTags, size_px: tuple[int, int], matrix: str) -> None:
    view = plan_view(info(tags, "yuv420p", size_px), Viewing())
    assert view.stored.colour.matrix == matrix and matrix in view.notes[0]


@pytest.mark.parametrize("pix_fmt", ["gray", "gbrp"])
def test_nothing_is_guessed_where_no_matrix_is_needed(pix_fmt: str) -> None:
    assert plan_view(info(ColourTags(), pix_fmt), Viewing()).notes == ()


@pytest.mark.parametrize("matrix", [10, 11, 12, 13, 14, 15])
def test_what_is_no_matrix_is_refused(matrix: int) -> None:
    with pytest.raises(BadInputError, match=f"colour matrix {matrix}"):
        info(ColourTags(matrix=matrix))


# Untagged: (result's size, the tag to write).
@pytest.mark.parametrize(
    ("source_px", "target_px", "written"),
    [(SD, (576, 720), 2), (SD, (960, 1280), 6), (SD, (640, 854), 6), (HD, (2160, 3840), 2), (HD, SD, 1)],
)
def test_a_guess_is_written_where_others_might_guess_differently(
    source_px: tuple[int, int], target_px: tuple[int, int], written: int
) -> None:
    layout = layout_of("yuv420p")
    colour = source_colour(ColourTags(), layout, source_px, Path("x"))
    tags = target_tags(ColourTags(), target_colour(colour, layout, target_px), target_px)
    assert (tags.matrix, tags.colour_range, tags.primaries, tags.transfer) == (written, 0, 2, 2)


@pytest.mark.parametrize("number", [1, 4, 5, 6, 7, 8, 9])
def test_a_tag_stays_the_very_number(number: int) -> None:
    source = ColourTags(number, 2, 5, 6)
    layout = layout_of("yuv420p")
    colour = target_colour(source_colour(source, layout, SD, Path("x")), layout, HD)
    tags = target_tags(source, colour, HD)
    assert (tags.matrix, tags.colour_range, tags.primaries, tags.transfer) == (number, 2, 5, 6)


def test_rgb_becomes_tagged_yuv_of_limited_range() -> None:
    source = ColourTags(0, 2, 1, 13)
    colour = target_colour(Colour("rgb", full_range=True), layout_of("yuv420p"), HD)
    tags = target_tags(source, colour, HD)
    assert (colour.matrix, colour.full_range, tags.matrix, tags.colour_range) == ("bt709", False, 1, 1)
