from fractions import Fraction
from pathlib import Path

import pytest
from clips import Clip, write_clip
from ffprobe import probe
from tracks import rejoin

from upscale.errors import UsageError
from upscale.video.tracks.containers import square_size, target_suffix


@pytest.mark.parametrize(
    ("name", "codec", "suffix"),
    [
        ("a.mp4", "h264", ".mp4"),
        ("a.MOV", "auto", ".MOV"),
        ("a.mkv", "ffv1", ".mkv"),
        ("a.avi", "h264", ".mkv"),
        ("a.ts", "auto", ".mkv"),
        ("a", "auto", ".mkv"),
        ("a.webm", "auto", ".mkv"),
        ("a.webm", "vp9", ".webm"),
        ("a.webm", "vp9_qsv", ".webm"),
        ("a.webm", "nvenc", ".mkv"),
        ("a.mp4", "prores", ".mov"),
        ("a.mp4", "prores_videotoolbox", ".mov"),
        ("a.mov", "prores", ".mov"),
        ("a.mkv", "prores", ".mkv"),
        ("a.mov", "ffv1", ".mkv"),
        ("a.mp4", "nosuch", ".mp4"),
        ("a.gif", "auto", ".gif"),
        ("a.webp", "gif", ".webp"),
        ("a.png", "auto", ".png"),
        ("a.gif", "h264", ".mkv"),
        ("%03d.png", "auto", ".png"),
    ],
)
def test_results_go_where_they_lose_nothing(name: str, codec: str, suffix: str) -> None:
    found, why = target_suffix(Path(name), codec)
    assert found == suffix
    assert bool(why) == (found != Path(name).suffix)


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
