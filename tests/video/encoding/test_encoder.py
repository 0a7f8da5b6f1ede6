from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from upscale.errors import EnvironmentLackError, UsageError
from upscale.video.colour.conversion import Colour
from upscale.video.colour.layout import find_layout
from upscale.video.colour.tags import ColourTags
from upscale.video.encoding.encoder import Encoding, even_note, plan_encoder
from upscale.video.reading.reader import VideoInfo


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


@pytest.mark.parametrize(
    ("encoding", "options"),
    [
        (Encoding(), {"crf": "18", "preset": "medium"}),
        (Encoding(crf=23.5, preset="slow"), {"crf": "23.5", "preset": "slow"}),
        (Encoding(crf=20, options={"crf": "30"}), {"crf": "30", "preset": "medium"}),
        (Encoding(options={"b": "5M"}), {"b": "5M", "preset": "medium"}),
        (Encoding(options={"preset": "fast"}), {"crf": "18", "preset": "fast"}),
        (Encoding("hevc"), {"crf": "19", "preset": "medium", "x265-params": "log-level=error"}),
        (
            Encoding("hevc", options={"x265-params": "aq-mode=3"}),
            {"crf": "19", "preset": "medium", "x265-params": "log-level=error:aq-mode=3"},
        ),
        (Encoding("av1", preset="10"), {"crf": "18", "preset": "10"}),
        (Encoding("vp9", preset="4"), {"crf": "20", "cpu-used": "4", "row-mt": "1"}),
        (Encoding("mpeg4", crf=5), {"qmin": "5", "qmax": "5"}),
        (Encoding("prores"), {"vendor": "apl0"}),
        (Encoding("ffv1"), {"level": "3", "g": "1", "slicecrc": "1"}),
    ],
)
def test_defaults_are_the_codecs_and_the_users_words_win(encoding: Encoding, options: dict[str, str]) -> None:
    found = dict(plan_encoder(info(), 64, 96, encoding).options)
    # Where the processor has AVX-512, x264 is told to leave it alone.
    if found.get("x264-params", "").startswith("asm="):
        del found["x264-params"]
    assert found == options


@pytest.mark.parametrize(
    ("encoding", "message"),
    [
        (Encoding(crf=99), "--crf 99: libx264 takes -12 .best. to 51"),
        (Encoding("av1", crf=64), "--crf 64: libsvtav1 takes 0 .best. to 63"),
        (Encoding(preset="fats"), "has no preset fats; choose ultrafast"),
        (Encoding("av1", preset="20"), "--preset 20: libsvtav1 takes -2 to 13"),
        (Encoding("vp9", preset="quick"), "does not open|takes"),
        (Encoding("prores", crf=3), "prores_ks has no crf"),
        (Encoding(options={"nal-hrd": "foo"}), "-e nal-hrd=foo: libx264 takes none, vbr, cbr"),
        (Encoding(options={"crf": "abc"}), "crf=abc.*: undefined constant"),
        (
            Encoding(options={"x264-params": "nosuch=1"}),
            "does not take what -e says: error parsing option 'nosuch = 1'",
        ),
        (Encoding("hevc", options={"x265-params": "nosuch=1"}), "unknown option: nosuch"),
        (Encoding("av1", options={"svtav1-params": "nosuch=1"}), "error parsing option nosuch: 1"),
    ],
)
def test_wrong_words_are_named(encoding: Encoding, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        plan_encoder(info(), 64, 96, encoding)


def test_each_dnxhr_profile_fits_its_pixels() -> None:
    wide = [("yuv420p", "dnxhr_hq"), ("yuv422p10le", "dnxhr_hqx"), ("yuv444p10le", "dnxhr_444")]
    for source, profile in wide:
        assert plan_encoder(info(source), 128, 256, Encoding("dnxhr")).options == {"profile": profile}


@pytest.mark.parametrize(("rate", "told"), [("25", "25"), ("5400/667", "24000/1001"), ("120", "60")])
def test_mpeg_2_is_told_the_nearest_rate_it_knows(rate: str, told: str) -> None:
    clip = replace(info(), rate=Fraction(rate), time_base=Fraction(1, 90_000))
    plan = plan_encoder(clip, 64, 96, Encoding("mpeg2video"))
    assert (plan.rate, plan.clock, plan.time_base) == (Fraction(told), 1 / Fraction(told), Fraction(1, 90_000))


def test_x265_is_kept_from_pictures_that_it_is_not_safe_with() -> None:
    with pytest.raises(UsageError, match="libx265 needs 64 pixels in a row, the result has 48"):
        plan_encoder(info(), 64, 48, Encoding("hevc"))
