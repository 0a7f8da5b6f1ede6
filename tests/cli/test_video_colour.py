"""Colour through the command line: bars, identity at scale 1, tags."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import bars
import numpy as np
import pytest
from bars import Bars
from clips import first_frame
from commands import Run
from ffprobe import probe
from noise import noise, planes_of, seen_by_ffmpeg
from numpy.typing import NDArray

MATRICES = ["bt601", "bt709", "bt2020"]
UNTAGGED = (2, 0, 2, 2)


@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize(
    ("depth", "chroma"), [(8, "420"), pytest.param(10, "420", marks=pytest.mark.slow), (10, "444")]
)
def test_bars_keep_their_codes(
    tmp_path: Path, run_here: Callable[..., Run], matrix: str, full_range: bool, depth: int, chroma: str
) -> None:
    drawn = Bars(matrix, full_range, depth, chroma)
    source, target = bars.write_bars(tmp_path / "bars.mkv", drawn), tmp_path / "large.mkv"
    assert run_here("video", source, target, "-c", "ffv1", "-m", "bicubic", "-s", 2, "-q").code == 0
    planes = zip(*(bars.planes(bars.picture(scale), drawn) for scale in (1, 2)), strict=True)
    for index, (codes, (small, wanted)) in enumerate(zip(planes_of(first_frame(target)), planes, strict=True)):
        errors = np.abs(codes - wanted.astype(np.int64))
        exact = bars.twice(small, drawn, is_chroma=index > 0)
        off = np.abs(codes - exact)
        # At edges bicubic is not the bars themselves: 1 to 3 codes of 10 bits in the mean, with the exact one as with
        # ours. That is rounded once; chroma of less samples also goes to all pixels and back.
        assert off.max() <= 0.501 if index == 0 or chroma == "444" else off.mean() <= 0.25
        assert errors.mean() <= min(1 << (depth - 8), np.abs(exact - wanted).mean() + 0.25)
        assert bars.inside(errors, 2).max() <= 1


@pytest.mark.parametrize("matrix", MATRICES)
def test_bars_through_x264_keep_their_codes(tmp_path: Path, run_here: Callable[..., Run], matrix: str) -> None:
    drawn = Bars(matrix, full_range=False, depth=8)
    source, target = bars.write_bars(tmp_path / "bars.mkv", drawn), tmp_path / "large.mp4"
    assert run_here("video", source, target, "-m", "bicubic", "-s", 2, "-q").code == 0
    for codes, wanted in zip(planes_of(first_frame(target)), bars.planes(bars.picture(2), drawn), strict=True):
        assert np.abs(codes - wanted.astype(np.int64)).mean() <= 1


@pytest.mark.parametrize("matrix", ["bt601", "bt709"])
@pytest.mark.parametrize("full_range", [False, True])
def test_ffmpeg_sees_the_colours_that_were_drawn(
    tmp_path: Path, run_here: Callable[..., Run], matrix: str, full_range: bool
) -> None:
    source, target = tmp_path / "bars.mkv", tmp_path / "large.mkv"
    bars.write_bars(source, Bars(matrix, full_range, 8))
    assert run_here("video", source, target, "-c", "ffv1", "-m", "bicubic", "-s", 2, "-q").code == 0
    errors = np.abs(seen_by_ffmpeg(target) - 255 * bars.picture(2))
    assert max(bars.inside(errors[..., channel], 2).mean() for channel in range(3)) <= 1


@pytest.mark.parametrize(("judge", "size"), [("smptebars", "336x252"), ("smptehdbars", "896x504")])
def test_ffmpegs_own_bars_are_those_of_twice_the_size(
    tmp_path: Path, run_here: Callable[..., Run], judge: str, size: str
) -> None:
    width, height = map(int, size.split("x"))
    made = []
    for name, factor in (("small", 1), ("large", 2)):
        made.append(tmp_path / f"{name}.mkv")
        filter_ = f"{judge}=size={width * factor}x{height * factor}:duration=0.04"
        command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", filter_, "-pix_fmt", "yuv420p", "-c:v", "ffv1"]
        probe(made[0])
        subprocess.run([*command, str(made[-1])], check=True, timeout=60)
    target = tmp_path / "ours.mkv"
    assert run_here("video", made[0], target, "-c", "ffv1", "-m", "bicubic", "-s", 2, "-q").code == 0
    for ours, theirs in zip(planes_of(first_frame(target)), planes_of(first_frame(made[1])), strict=True):
        flat = far_from_edges(theirs)
        assert flat.mean() > 0.3
        assert np.abs(ours - theirs)[flat].max() <= 1


def far_from_edges(codes: NDArray[np.int64], reach_px: int = 8) -> NDArray[np.bool_]:
    """Where a plane has only one code within reach."""
    flat = np.ones(codes.shape, bool)
    for axis in (0, 1):
        for shift in range(-reach_px, reach_px + 1):
            flat &= np.roll(codes, shift, axis) == codes
    return flat & np.roll(flat, reach_px, 0) & np.roll(flat, -reach_px, 0)


FORMATS = ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le", "yuv444p12le", "yuv411p"]
OTHERS = ["yuv440p", "gray", "gray10le", "gray12le", "bgr0", "gbrp10le", "gbrp12le", "bgra"]


@pytest.mark.parametrize("pix_fmt", [*FORMATS, *OTHERS])
@pytest.mark.parametrize("colour_range", [1, 2])
def test_scale_1_gives_every_code_of_every_plane_back(
    tmp_path: Path, run_here: Callable[..., Run], pix_fmt: str, colour_range: int
) -> None:
    matrix = 0 if pix_fmt.startswith(("gbr", "bgr")) else 1
    source = noise(tmp_path / "noise.mkv", pix_fmt, (matrix, colour_range, 1, 1))
    target = tmp_path / "same.mkv"
    assert run_here("video", source, target, "-c", "ffv1", "-m", "nearest", "-s", 1, "-q").code == 0
    pairs = list(zip(planes_of(first_frame(source)), planes_of(first_frame(target)), strict=True))
    if pix_fmt == "bgra":  # Colours are replaced where nothing of them is seen.
        alpha = pairs[-1][0]
        pairs = [(one * (alpha > 0), other * (alpha > 0)) for one, other in pairs]
    for one, other in pairs:
        np.testing.assert_array_equal(one, other)


# 601-625, 601-525, FCC, 240M, YCgCo, BT.2020; limited and full.
@pytest.mark.parametrize("matrix", [5, 6, 4, 7, 8, 9])
@pytest.mark.parametrize("colour_range", [1, 2])
@pytest.mark.parametrize("size_px", [(22, 34), (21, 33)])
def test_scale_1_is_the_identity_and_keeps_tags_in_every_matrix(
    tmp_path: Path, run_here: Callable[..., Run], matrix: int, colour_range: int, size_px: tuple[int, int]
) -> None:
    tags = (matrix, colour_range, 5, 6)
    source, target = noise(tmp_path / "noise.mkv", "yuv420p", tags, size_px), tmp_path / "same.mkv"
    assert run_here("video", source, target, "-c", "ffv1", "-m", "nearest", "-s", 1, "-q").code == 0
    before, after = first_frame(source), first_frame(target)
    for one, other in zip(planes_of(before), planes_of(after), strict=True):
        np.testing.assert_array_equal(one, other)
    assert (after.colorspace, after.color_range, after.color_primaries, after.color_trc) == tags


@pytest.mark.parametrize(
    ("height", "scale", "matrix"), [(64, 2, "unknown"), (400, 2, "smpte170m"), (720, 1, "unknown"), (48, 1, "unknown")]
)
def test_no_tag_is_invented_but_the_matrix_where_players_would_guess_another(
    tmp_path: Path, run_here: Callable[..., Run], height: int, scale: int, matrix: str
) -> None:
    source, target = noise(tmp_path / "noise.mkv", "yuv420p", UNTAGGED, (height, 64)), tmp_path / "large.mkv"
    assert run_here("video", source, target, "-c", "ffv1", "-m", "nearest", "-s", scale, "-q").code == 0
    stream = probe(target).streams("video")[0]
    assert stream.get("color_space", "unknown") == matrix
    assert {stream.get(f"color_{name}", "unknown") for name in ("primaries", "transfer", "range")} == {"unknown"}


def test_the_users_matrix_stands_in_for_the_clips(tmp_path: Path, run_here: Callable[..., Run]) -> None:
    source, target = tmp_path / "bars.mkv", tmp_path / "seen.mkv"
    bars.write_bars(source, Bars("bt601", False, 8, "444"))
    wishes = ["-c", "ffv1", "-m", "nearest", "-s", 1, "-q", "--color-matrix", "bt709", "--pix-fmt", "bgr0"]
    assert run_here("video", source, target, *wishes).code == 0
    wrong = bars.planes(bars.picture(1), Bars("bt601", False, 8, "444"))
    red, blue = bars.WEIGHTS["bt709"]
    luma = (wrong[0] - 16.0) / 219
    reds = luma + (wrong[2] - 128.0) / 224 * (2 - 2 * red)
    seen = planes_of(first_frame(target))
    np.testing.assert_allclose(seen[0], np.clip(255 * reds, 0, 255), atol=0.51)


@pytest.mark.data
@pytest.mark.parametrize(
    "name",
    [
        "androidx_media/bt601.mp4",
        "androidx_media/hlg10-color-test.mp4",
        "androidx_media/roadtrip-vp92-10bit.webm",
        "androidx_media/bear-vp9-odd-dimensions.webm",
        "torchcodec/bt709_full_range.mp4",
        "imageio/cockatoo.mp4",
    ],
)
def test_real_clips_come_back_at_scale_1(
    tmp_path: Path, data_folder: Path, run_here: Callable[..., Run], name: str
) -> None:
    source, target = data_folder / "video" / name, tmp_path / "same.mkv"
    assert run_here("video", source, target, "-c", "ffv1", "-m", "nearest", "-s", 1, "-q", "--to", "0.05").code == 0
    for one, other in zip(planes_of(first_frame(source)), planes_of(first_frame(target)), strict=True):
        np.testing.assert_array_equal(one, other)
