"""`upscale video --preview-at`: the same pixels as the whole way would give, and none but those of the crop."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from clips import Clip, picture, write_clip
from commands import Run
from PIL import Image

LOSSLESS = Clip(
    codec="libx264rgb", pix_fmt="rgb24", height=48, width=64, audio=False, options={"crf": "0", "preset": "ultrafast"}
)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mkv", LOSSLESS)


def read(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def test_before_is_the_frame_itself_and_after_the_network_s_answer(
    run_here: Callable[..., Run], clip: Path, tmp_path: Path
) -> None:
    run = run_here("video", clip, "-m", "espcn", "-s", 2, "--dtype", "fp32", "--device", "cpu", "--preview-at", "0.2")
    before, after = tmp_path / "clip_preview_before.png", tmp_path / "clip_preview_after.png"
    assert run.code == 0 and f"{before} and {after}" in run.err
    # 25 frames a second: the sixth.
    assert (read(before) == picture(5, 48, 64)).all()
    assert read(after).shape == (96, 128, 3)
    words = ("--preview-at", "0:00.2", "--crop", "20x16+11+7", "-o", tmp_path / "part")
    assert run_here("video", clip, "-m", "espcn", "-s", 2, "--dtype", "fp32", "--device", "cpu", *words).code == 0
    part = tmp_path / "part"
    assert (read(part / "clip_preview_before.png") == read(before)[7:23, 11:31]).all()
    difference = read(part / "clip_preview_after.png").astype(int) - read(after)[14:46, 22:62]
    assert np.abs(difference).max() <= 1


def test_the_preview_is_what_the_run_gives(run_here: Callable[..., Run], clip: Path, tmp_path: Path) -> None:
    words = ("video", clip, "-m", "bicubic", "-s", 3, "--device", "cpu")
    assert run_here(*words, "--preview-at", "0", "--crop", "24").code == 0
    assert run_here(*words, tmp_path / "all" / "%03d.png").code == 0
    whole = read(tmp_path / "all" / "001.png")
    assert np.abs(read(tmp_path / "clip_preview_after.png").astype(int) - whole[36:108, 60:132]).max() <= 1


def test_several_clips_get_a_pair_each_and_a_moment_too_late_is_a_failure(
    run_here: Callable[..., Run], clip: Path, tmp_path: Path
) -> None:
    write_clip(tmp_path / "long.mkv", Clip(times=tuple(range(0, 40 * 512, 512)), audio=False))
    words = ("video", clip, tmp_path / "long.mkv", "-o", tmp_path / "out", "-m", "nearest", "-s", 2, "--device", "cpu")
    run = run_here(*words, "--preview-at", "1")
    assert run.code == 1 and f"failed: {clip} shows no frame in the part that was asked for" in run.err
    found = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert found == ["long_preview_after.png", "long_preview_before.png"]
    run = run_here(*words[:2], "-m", "nearest", "--preview-at", "0", "--crop", "8+900+0")
    assert run.code == 2 and "outside the picture of 64x48" in run.err


def test_a_clip_that_is_called_after_keeps_its_name(run_here: Callable[..., Run], tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "the_after.mkv", LOSSLESS)
    assert run_here("video", clip, "-m", "nearest", "-s", 2, "--device", "cpu", "--preview-at", "0").code == 0
    pictures = sorted(path.name for path in tmp_path.glob("*.png"))
    assert pictures == ["the_after_preview_after.png", "the_after_preview_before.png"]


def test_a_device_that_is_not_there_is_no_clip_s_failure(run_here: Callable[..., Run], clip: Path) -> None:
    run = run_here("video", clip, "-m", "nearest", "-s", 2, "--device", "cuda:99", "--preview-at", "0")
    assert run.code == 3 and "failed" not in run.err
