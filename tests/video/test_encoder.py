from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from upscale.errors import EnvironmentLackError, UsageError
from upscale.video.colour import Colour
from upscale.video.encoder import Encoding, even_note, plan_encoder
from upscale.video.layout import find_layout
from upscale.video.reader import VideoInfo
from upscale.video.tags import ColourTags


def info(pix_fmt: str = "yuv420p") -> VideoInfo:
    layout = find_layout(pix_fmt)
    assert layout is not None
    return VideoInfo(
        source=Path("clip.mp4"),
        stream_index=0,
        height=32,
        width=48,
        layout=layout,
        colour=Colour("rgb" if layout.family == "rgb" else "bt601", False),
        tags=ColourTags(),
        sample_aspect=None,
        time_base=Fraction(1, 1000),
        rate=Fraction(25),
        frame_estimate=None,
        display_matrix=None,
    )


@pytest.mark.parametrize(
    ("codec", "source", "chosen"),
    [
        ("libx264", "yuv420p", "yuv420p"),
        ("libx264", "nv12", "yuv420p"),
        ("libx264", "p010le", "yuv420p10le"),
        ("libx264", "yuv422p10le", "yuv422p10le"),
        ("libx264", "yuv444p12le", "yuv444p10le"),
        ("libx264", "yuv411p", "yuv422p"),
        ("libx264", "yuv440p", "yuv444p"),
        ("libx264", "bgra", "yuv444p"),
        ("libx264", "gray", "gray"),
        ("libx265", "gbrp", "gbrp"),
        ("libsvtav1", "yuv422p", "yuv420p"),
        ("libsvtav1", "gray10le", "yuv420p10le"),
        ("libvpx-vp9", "yuv420p10le", "yuv420p"),
        ("ffv1", "yuv420p12le", "yuv420p12le"),
        ("prores_ks", "yuv420p", "yuv422p10le"),
    ],
)
def test_the_nearest_pixel_format_is_chosen(codec: str, source: str, chosen: str) -> None:
    assert plan_encoder(info(source), 64, 96, Encoding(codec)).layout.name == chosen


def test_the_matrix_that_was_used_is_named_in_the_target() -> None:
    plan = plan_encoder(info(), 1080, 1920, Encoding())
    assert (plan.colour.matrix, plan.tags.matrix) == ("bt601", 6)


def test_an_odd_size_is_filled_up_where_the_codec_wants_even_ones() -> None:
    plan = plan_encoder(info(), 63, 95, Encoding())
    assert (plan.coded_height, plan.coded_width) == (64, 96)
    assert "95x63 becomes 96x64" in (even_note(plan) or "")
    free = plan_encoder(info(), 63, 95, Encoding("ffv1"))
    assert (free.coded_height, free.coded_width) == (63, 95) and even_note(free) is None


@pytest.mark.parametrize(
    ("encoding", "error", "message"),
    [
        (Encoding("nosuch"), EnvironmentLackError, "no video encoder nosuch"),
        (Encoding("aac"), UsageError, "encodes audio"),
        (Encoding(options={"nosuch": "1"}), UsageError, "knows no option nosuch"),
        (Encoding("ffv1", crf=3), UsageError, "ffv1 has no crf"),
        (Encoding("ffv1", preset="slow"), UsageError, "ffv1 has no presets"),
        (Encoding(pix_fmt="yuv410p"), UsageError, "choose yuv420p"),
        (Encoding(pix_fmt="nonsense"), UsageError, "does not take --pix-fmt nonsense"),
        (Encoding(options={"profile": "nonsense"}), UsageError, "does not open"),
    ],
)
def test_what_cannot_be_encoded_is_said_before_the_first_frame(
    encoding: Encoding, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        plan_encoder(info(), 64, 96, encoding)


def test_a_wanted_pixel_format_wins() -> None:
    assert plan_encoder(info(), 64, 96, Encoding(pix_fmt="yuv444p10le")).layout.name == "yuv444p10le"


def test_chroma_that_cannot_say_its_place_goes_left() -> None:
    centred = replace(info(), colour=Colour("bt601", True, "center"))
    assert plan_encoder(centred, 64, 96, Encoding()).colour.siting == "center"
    assert plan_encoder(centred, 64, 96, Encoding(pix_fmt="yuv422p")).colour.siting == "left"
