from pathlib import Path

import pytest

from upscale.batch.jobs import Job
from upscale.cli.clip_progress import ClipProgress, shortened
from upscale.flow.meter import Meter
from upscale.units import size


def test_a_resumed_clip_begins_at_its_frame_and_is_as_quick_as_what_it_does(tmp_path: Path) -> None:
    clip = ClipProgress(Job(tmp_path / "a.mp4", tmp_path / "b.mp4"), "")
    clip.begin(1000, Meter(), quiet=True)
    clip.resume(900)
    assert (clip.facts()["frames"], clip.facts()["fps"], clip.facts()["seconds_left"]) == (900, 0, None)
    for _ in range(50):
        clip.step()
    facts = clip.facts()
    assert (facts["frames"], facts["frames_estimated"], facts["bottleneck"]) == (950, 1000, None)
    assert isinstance(facts["fps"], float) and isinstance(facts["seconds_left"], float)
    assert facts["fps"] * facts["seconds_left"] <= 50 * 1.1 + facts["fps"] * 0.1
    clip.close()


def test_more_frames_than_were_expected_are_no_trouble(tmp_path: Path) -> None:
    clip = ClipProgress(Job(tmp_path / "a.mp4", tmp_path / "b.mp4"), "")
    clip.begin(2, Meter(), quiet=True)
    for _ in range(5):
        clip.step()
    assert (clip.facts()["frames"], clip.facts()["seconds_left"]) == (5, 0)
    clip.close()


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 kB"), (1, "1 kB"), (820_400, "820 kB"), (4_120_000, "4.1 MB"), (12_300_000_000, "12 GB")],
)
def test_sizes_in_words(count: int, words: str) -> None:
    assert size(count) == words


def test_long_names_leave_the_bar_room() -> None:
    assert shortened("clip.mp4") == "clip.mp4"
    assert shortened("a very long name.mp4") == "a very…e.mp4"
