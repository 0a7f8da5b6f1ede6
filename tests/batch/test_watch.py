import os
from pathlib import Path

import pytest

from upscale.batch.jobs import plan_jobs
from upscale.batch.naming import Naming
from upscale.batch.watch import Watch
from upscale.images.medium import PICTURES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def watch(folder: Path, extension: str = "auto") -> Watch:
    return Watch(lambda: plan_jobs([str(folder)], str(folder.parent / "out"), Naming(PICTURES, "_x4", extension)))


def names(watched: Watch) -> list[str]:
    return [job.source.name for job in watched.look().jobs]


def test_a_file_is_ready_when_it_no_longer_grows(folder: Path) -> None:
    watched = watch(folder)
    assert names(watched) == []
    with (folder / "a.png").open("wb") as file:
        assert names(watched) == names(watched) == []  # empty
        for _ in range(3):
            file.write(b"more")
            file.flush()
            assert names(watched) == []
    assert names(watched) == ["a.png"]
    assert names(watched) == []


def test_a_changed_file_is_ready_again(folder: Path) -> None:
    watched = watch(folder)
    (folder / "a.png").write_bytes(b"one")
    assert [names(watched) for _ in range(3)] == [[], ["a.png"], []]
    os.utime(folder / "a.png", (1, 1))
    assert [names(watched) for _ in range(3)] == [[], ["a.png"], []]
    (folder / "a.png").unlink()
    assert names(watched) == []


def test_who_comes_later_does_not_take_a_given_target(folder: Path) -> None:
    watched = watch(folder, "png")
    (folder / "a.jpg").write_bytes(b"one")
    watched.look()
    [first] = watched.look().jobs
    (folder / "a.png").write_bytes(b"two")
    watched.look()
    arrived = watched.look()
    assert first.target.name == "a.png"
    assert [(job.source.name, job.target.name) for job in arrived.jobs] == [("a.png", "a_1.png")]


def test_warnings_are_given_once(folder: Path) -> None:
    watched = watch(folder, "png")
    for name in ("a.jpg", "a.png"):
        (folder / name).write_bytes(b"one")
    assert [len(watched.look().warnings) for _ in range(3)] == [1, 0, 0]
