from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from clips import Clip, packets, write_clip

from upscale.engine.scaling import ScalePlan, plan_scale
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.errors import OutputError
from upscale.video.encoding.encoder import Encoding
from upscale.video.lines import Missing, Share
from upscale.video.pipeline import Begun, Enlarged, VideoJob, upscale_video
from upscale.video.resume.workplace import folder_of

FRAMES, SEGMENT_FRAMES = 95, 10


class StoppedError(Exception):
    """Stands for whatever ends a run."""


class Heard:
    """A listener that remembers, and ends the run after so many frames."""

    def __init__(self, most: int = FRAMES) -> None:
        self.frames = self.there = 0
        self.kept_note: str | None = None
        self._most = most

    def begun(self, clip: Begun) -> None:
        assert clip.frame_estimate == FRAMES

    def resumed(self, frames: int) -> None:
        self.there = frames

    def kept(self, note: str) -> None:
        self.kept_note = note

    def enlarged(self, pixels: int) -> None:
        assert pixels == 64 * 96
        self.frames += 1
        if self.frames > self._most:
            raise StoppedError


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "in.mp4", Clip(times=tuple(range(0, FRAMES * 512, 512))))


@pytest.fixture
def plan() -> ScalePlan:
    return plan_scale("nearest", 2)


def run(source: Path, target: Path, plan: ScalePlan, devices: int, heard: Heard) -> Enlarged:
    first, *others = (Upscaler(plan.network, UpscaleOptions(device="cpu", dtype="fp32")) for _ in range(devices))
    job = VideoJob(source, target, Encoding(preset="veryfast"), segment_frames=SEGMENT_FRAMES)
    return upscale_video(job, first, plan, heard, others=others)


@pytest.mark.parametrize("devices", [2, 3])
def test_several_devices_make_what_one_makes(source: Path, tmp_path: Path, plan: ScalePlan, devices: int) -> None:
    run(source, tmp_path / "one.mp4", plan, 1, Heard())
    heard = Heard()
    result = run(source, tmp_path / "several.mp4", plan, devices, heard)
    assert (result.frames, heard.frames) == (FRAMES, FRAMES)
    assert packets(tmp_path / "several.mp4", "video") == packets(tmp_path / "one.mp4", "video")
    assert packets(tmp_path / "several.mp4", "audio") == packets(tmp_path / "one.mp4", "audio")
    assert not folder_of(tmp_path / "several.mp4").exists()


@pytest.mark.parametrize("devices", [1, 3])
def test_what_ends_one_line_ends_all_and_the_rest_is_made_later(
    source: Path, tmp_path: Path, plan: ScalePlan, devices: int
) -> None:
    """On as many devices or on others: the segments do not tell."""
    target = tmp_path / "out.mp4"
    heard = Heard(60)
    with pytest.raises(StoppedError):
        run(source, target, plan, devices, heard)
    assert f"of about {FRAMES} frames are kept in {folder_of(target)}" in str(heard.kept_note)
    again = Heard()
    result = run(source, target, plan, 2, again)
    assert again.there > 0 and again.there % SEGMENT_FRAMES == 0
    assert (result.frames, result.resumed, again.frames) == (FRAMES, again.there, FRAMES - again.there)
    run(source, tmp_path / "whole.mp4", plan, 1, Heard())
    assert packets(target, "video") == packets(tmp_path / "whole.mp4", "video")


def test_every_segment_is_made_once_by_whoever_comes_first() -> None:
    missing = Missing([1, 3], 4)
    shares = [Share(missing), Share(missing)]
    read: list[list[int]] = [[], []]
    frames: Sequence[Iterator[int]] = [share.frames(range(22), lambda: None) for share in shares]  # type: ignore[arg-type]
    for line, most in [(0, 1), (1, 5), (0, 99), (1, 99)]:
        for _, frame in zip(range(most), frames[line], strict=False):
            read[line].append(frame)
    assert read == [[0, 1, 2, 3, 20, 21], [8, 9, 10, 11, 16, 17, 18, 19]]
    assert [next(shares[0].numbers()), next(shares[1].numbers())] == [0, 2]


def test_a_run_that_waits_for_frames_of_others_can_be_ended() -> None:
    def check() -> None:
        raise OutputError("the end")

    share = Share(Missing(range(1000), 10))
    with pytest.raises(OutputError):
        next(share.frames(range(10**9), check))  # type: ignore[arg-type, type-var]
