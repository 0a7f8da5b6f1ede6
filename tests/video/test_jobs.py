from pathlib import Path

import pytest

from upscale.errors import UsageError
from upscale.video.jobs import free_target, plan_places


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def targets(source: Path, out: str | None, codec: str = "libx264") -> list[Path]:
    return [place.target for place in plan_places(source, out, "_x4", codec)]


def test_names_beside_the_source_and_in_folders(tmp_path: Path) -> None:
    clip = tmp_path / "a.mp4"
    touch(clip)
    assert targets(clip, None) == [tmp_path / "a_x4.mp4"]
    assert targets(clip, str(tmp_path / "b.mkv")) == [tmp_path / "b.mkv"]
    assert targets(clip, f"{tmp_path}/new/") == [tmp_path / "new" / "a.mp4"]


def test_a_folder_gives_its_clips_only(tmp_path: Path) -> None:
    touch(tmp_path / "in/b.MP4", tmp_path / "in/a.mkv", tmp_path / "in/note.txt", tmp_path / "in/sub/c.mp4")
    assert targets(tmp_path / "in", None) == [tmp_path / "in_x4/a.mkv", tmp_path / "in_x4/b.MP4"]
    assert targets(tmp_path / "in", str(tmp_path / "o")) == [tmp_path / "o/a.mkv", tmp_path / "o/b.MP4"]


def test_containers_that_lose_times_become_matroska_and_say_so(tmp_path: Path) -> None:
    touch(tmp_path / "in/a.avi", tmp_path / "in/a.flv", tmp_path / "in/b.webm")
    places = plan_places(tmp_path / "in", None, "_x4", "libx264")
    assert [place.target.name for place in places] == ["a.mkv", "a.flv.mkv", "b.mkv"]
    assert all(place.note and ".mkv" in place.note for place in places)
    assert targets(tmp_path / "in/b.webm", None, "libsvtav1") == [tmp_path / "in/b_x4.webm"]


def test_wrong_words_are_refused(tmp_path: Path) -> None:
    clip = tmp_path / "a.mp4"
    touch(clip)
    (tmp_path / "empty").mkdir()
    for source, out, message in [
        (tmp_path / "missing.mp4", None, "does not exist"),
        (clip, str(clip), "replace its own source"),
        (clip, f"{tmp_path}/", "replace its own source"),
        (clip, str(tmp_path / "b"), "names no container"),
        (tmp_path / "empty", None, "no video in"),
        (tmp_path, str(clip), "is a file"),
    ]:
        with pytest.raises(UsageError, match=message):
            plan_places(source, out, "_x4", "libx264")


def test_a_free_name_is_found(tmp_path: Path) -> None:
    touch(tmp_path / "a.mp4", tmp_path / "a_1.mp4")
    assert free_target(tmp_path / "a.mp4") == tmp_path / "a_2.mp4"
    assert free_target(tmp_path / "b.mp4") == tmp_path / "b.mp4"
