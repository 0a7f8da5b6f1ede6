from pathlib import Path

import pytest
from PIL import Image

from upscale.batch.jobs import plan_jobs
from upscale.batch.naming import Naming
from upscale.errors import BadInputError, UsageError
from upscale.video.medium import clips, container_name, container_note, is_moving, refuse_still

PACKET = b"G" + bytes(187)


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def targets(*words: Path, out: str | None = None, codec: str = "auto", container: str | None = None) -> list[Path]:
    naming = Naming(clips(codec), "_x4", container or "auto")
    return [job.target for job in plan_jobs([str(word) for word in words], out, naming).jobs]


def test_results_keep_containers_that_keep_every_time(tmp_path: Path) -> None:
    touch(*(tmp_path / f"a{suffix}" for suffix in (".mp4", ".MOV", ".avi", ".webm", ".gif")))
    found = targets(*(tmp_path / f"a{suffix}" for suffix in (".mp4", ".MOV", ".avi")), out=f"{tmp_path}/o/")
    assert [path.name for path in found] == ["a.mp4", "a.MOV", "a.mkv"]
    assert targets(tmp_path / "a.gif") == [tmp_path / "a_x4.gif"]
    assert targets(tmp_path / "a.gif", codec="h264") == [tmp_path / "a_x4.mkv"]
    assert targets(tmp_path / "a.webm") == [tmp_path / "a_x4.mkv"]
    assert targets(tmp_path / "a.webm", codec="av1") == [tmp_path / "a_x4.webm"]
    assert targets(tmp_path / "a.mp4", container="webm") == [tmp_path / "a_x4.webm"]
    assert targets(tmp_path / "frames" / "%03d.png") == [tmp_path / "frames" / "%03d_x4.png"]


def test_another_container_is_explained_unless_it_was_asked_for(tmp_path: Path) -> None:
    assert ".avi would lose times" in (container_note(tmp_path / "a.avi", tmp_path / "a_x4.mkv", "auto") or "")
    assert container_note(tmp_path / "a.avi", tmp_path / "a_x4.mp4", "auto") is None
    assert ".mp4 cannot hold prores_ks" in (container_note(tmp_path / "a.mp4", tmp_path / "a_x4.mov", "prores") or "")
    assert container_note(tmp_path / "a.mp4", tmp_path / "a_x4.mp4", "auto") is None


def test_containers_are_named_as_users_do() -> None:
    assert [container_name(word) for word in (None, "MKV", ".mp4", "gif")] == [None, "mkv", "mp4", "gif"]
    for word in ("nosuch", "a/b", ""):
        with pytest.raises(UsageError, match="nothing writes that"):
            container_name(word)


def test_files_without_a_clip_s_name_are_known_by_their_first_bytes(tmp_path: Path) -> None:
    contents = {
        "matroska": b"\x1a\x45\xdf\xa3" + bytes(300),
        "iso": b"\0\0\0\x20ftypisom" + bytes(300),
        "avi": b"RIFF\0\0\0\0AVI LIST" + bytes(300),
        "recording.ts": PACKET * 3,
        "disc.m2ts": (bytes(4) + PACKET) * 3,
        "program.ts": b"export const x = 1;\n" * 30,
        "sound": b"\0\0\0\x20ftypM4A " + bytes(300),
        "picture": b"\0\0\0\x20ftypheic" + bytes(300),
        "song.mka": b"\x1a\x45\xdf\xa3" + bytes(300),
        "empty": b"",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    naming = Naming(clips("auto"), "_x4")
    found = [job.source.name for job in plan_jobs([str(tmp_path)], None, naming).jobs]
    assert found == ["avi", "disc.m2ts", "iso", "matroska", "recording.ts"]


def test_moving_pictures_are_told_from_still_ones(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (16, 16), (50 * index, 0, 0)) for index in range(3)]
    for kind in ("gif", "webp", "png"):
        moving, still = tmp_path / f"moving.{kind}", tmp_path / f"still.{kind}"
        frames[0].save(moving, save_all=True, append_images=frames[1:], duration=100)
        frames[0].save(still)
        assert is_moving(moving) and not is_moving(still)
        refuse_still(moving)
        with pytest.raises(BadInputError, match="single picture"):
            refuse_still(still)
    refuse_still(tmp_path / "missing.mp4")
