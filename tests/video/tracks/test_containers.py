from fractions import Fraction
from pathlib import Path

import pytest
from clips import Clip, write_clip
from ffprobe import probe
from tracks import rejoin

from upscale.errors import UsageError
from upscale.video.tracks.containers import square_size, target_suffix


@pytest.mark.parametrize(
    ("name", "codec", "wish", "suffix"),
    [
        ("a.mp4", "libx264", None, ".mp4"),
        ("a.MOV", "libx264", None, ".MOV"),
        ("a.mkv", "ffv1", None, ".mkv"),
        ("a.avi", "libx264", None, ".mkv"),
        ("a.ts", "libx264", None, ".mkv"),
        ("a", "libx264", None, ".mkv"),
        ("a.webm", "libx264", None, ".mkv"),
        ("a.webm", "libvpx-vp9", None, ".webm"),
        ("a.avi", "libx264", "mp4", ".mp4"),
        ("a.mp4", "libx264", ".MKV", ".mkv"),
    ],
)
def test_results_go_where_they_lose_nothing_or_where_they_are_wanted(
    name: str, codec: str, wish: str | None, suffix: str
) -> None:
    found, why = target_suffix(Path(name), codec, wish)
    assert found == suffix
    assert bool(why) == (wish is None and found != Path(name).suffix)


@pytest.mark.parametrize(
    ("size", "aspect", "square"),
    [
        ((576, 720), Fraction(64, 45), (576, 1024)),
        ((576, 720), Fraction(16, 15), (576, 768)),
        ((480, 720), Fraction(8, 9), (540, 720)),
        ((480, 720), None, (480, 720)),
    ],
)
def test_square_pixels_show_the_same_shape(
    size: tuple[int, int], aspect: Fraction | None, square: tuple[int, int]
) -> None:
    assert square_size(*size, aspect) == square


@pytest.mark.parametrize(
    ("codec", "suffix", "pix_fmt", "kept"),
    [
        ("libx264", ".mkv", "yuv420p", True),
        ("libx265", ".mkv", "yuv420p", True),
        ("libx264", ".mp4", "yuv420p", True),
        ("libvpx-vp9", ".mp4", "yuv420p", True),
        ("ffv1", ".mkv", "yuv420p", False),
        ("libvpx-vp9", ".webm", "yuv420p", False),
        ("libvpx-vp9", ".mkv", "yuv420p", False),
    ],
)
def test_pixel_shapes_that_are_lost_are_said_before_the_start(
    tmp_path: Path, codec: str, suffix: str, pix_fmt: str, kept: bool
) -> None:
    source = write_clip(tmp_path / "in.mp4", Clip(sample_aspect=Fraction(64, 45), audio=False))
    early, late = rejoin(source, tmp_path / f"out{suffix}", codec=codec, pix_fmt=pix_fmt)
    [video] = probe(tmp_path / f"out{suffix}").streams()
    assert (video.get("sample_aspect_ratio") == "64:45") is kept
    assert bool([note for note in early if "--square-pixels" in note]) is not kept
    assert not late


@pytest.mark.parametrize("suffix", [".mpg", ".xyz", ".webm"])
def test_containers_that_cannot_hold_the_video_are_refused_at_once(tmp_path: Path, suffix: str) -> None:
    source = write_clip(tmp_path / "in.mp4", Clip(audio=False))
    with pytest.raises(UsageError, match=r"a \.\w+ file|no video container"):
        rejoin(source, tmp_path / f"out{suffix}")


def test_other_containers_are_written_where_they_are_wanted_and_keep_every_frame(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mp4", Clip())
    for suffix in (".ts", ".nut", ".avi", ".flv"):
        rejoin(source, tmp_path / f"out{suffix}")
        assert len(probe(tmp_path / f"out{suffix}").frames()) == 12
