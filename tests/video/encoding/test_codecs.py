from pathlib import Path

import av
import pytest

from upscale.errors import EnvironmentLackError, UsageError
from upscale.video.encoding.codecs import encoder_name, facts_of, find_encoder, kind_of, option_names


@pytest.mark.parametrize(
    ("word", "target", "name"),
    [
        ("auto", None, "libx264"),
        ("auto", "a.mp4", "libx264"),
        ("auto", "a.webm", "libvpx-vp9"),
        ("auto", "a.gif", "png"),
        ("gif", "a.gif", "png"),
        ("webp", "a.webp", "png"),
        ("auto", "%03d.webp", "libwebp"),
        ("auto", "%d.JPG", "mjpeg"),
        ("H264", None, "libx264"),
        ("x265", "a.mkv", "libx265"),
        ("av1", "a.webm", "libsvtav1"),
        ("vp9", "a.mkv", "libvpx-vp9"),
        ("prores", "a.mov", "prores_ks"),
        ("nvenc", "a.mp4", "h264_nvenc"),
        ("libx264", "a.gif", "libx264"),
        ("utvideo", "a.avi", "utvideo"),
    ],
)
def test_short_names_and_targets_name_an_encoder(word: str, target: str | None, name: str) -> None:
    assert encoder_name(word, Path(target) if target else None) == name


@pytest.mark.parametrize(
    ("target", "kind"),
    [("a.mp4", "container"), ("a.GIF", "animation"), ("a.png", "animation"), ("a/%05d.png", "numbered")],
)
def test_a_name_tells_what_a_target_is(target: str, kind: str) -> None:
    assert kind_of(Path(target)) == kind


def test_numbered_pictures_of_other_formats_are_refused() -> None:
    with pytest.raises(UsageError, match="written as .png, .jpg"):
        kind_of(Path("%05d.exr"))


@pytest.mark.parametrize(("name", "close"), [("libx266", "libx265"), ("prorez", "prores"), ("qwerty", "h264, hevc")])
def test_an_unknown_encoder_is_answered_with_names_like_it(name: str, close: str) -> None:
    with pytest.raises(EnvironmentLackError, match=f"no video encoder {name} here; there is .*{close}"):
        find_encoder(name)


@pytest.mark.parametrize(
    "name", ["libx264", "libx264rgb", "libx265", "libsvtav1", "libvpx-vp9", "libvpx", "prores_ks", "ffv1", "libwebp"]
)
def test_encoders_have_the_options_that_the_table_says(name: str) -> None:
    codec = av.Codec(name, "w")
    facts, known = facts_of(codec), option_names(codec)
    assert {option for option in (facts.quality, facts.pace, facts.params) if option} <= known
    best, worst = facts.quality_range
    assert facts.quality is None or best <= facts.quality_default <= worst


def test_others_are_set_by_the_options_they_have() -> None:
    assert facts_of(av.Codec("utvideo", "w")).quality is None
