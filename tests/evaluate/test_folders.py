"""Which folders are meant by the name of a set."""

from pathlib import Path

import pytest

from upscale.evaluate.folders import Folders, find_folders


@pytest.fixture
def data_set(tmp_path: Path) -> Path:
    for name in ("HR/baby.png", "LRx2/babyx2.png", "LRx4/babyx4.png", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return tmp_path


def test_a_set_gives_its_originals_and_the_low_resolutions_of_the_factor(data_set: Path) -> None:
    assert find_folders(data_set, None, 4) == Folders(data_set / "HR", data_set / "LRx4")
    assert find_folders(data_set, None, 2) == Folders(data_set / "HR", data_set / "LRx2")
    assert find_folders(data_set, None, 3) == Folders(data_set / "HR", None)


def test_what_is_named_is_taken(data_set: Path) -> None:
    assert find_folders(data_set / "HR", None, 4) == Folders(data_set / "HR", None)
    assert find_folders(data_set, data_set / "LRx2", 4) == Folders(data_set / "HR", data_set / "LRx2")


def test_a_folder_of_pictures_is_no_set_whatever_else_it_holds(data_set: Path) -> None:
    (data_set / "top.png").touch()
    assert find_folders(data_set, None, 4) == Folders(data_set, None)


def test_files_and_missing_folders_are_left_to_whoever_reads_them(data_set: Path) -> None:
    for path in (data_set / "HR/baby.png", data_set / "nowhere"):
        assert find_folders(path, None, 4) == Folders(path, None)


def test_folders_say_in_words_which_were_used(data_set: Path) -> None:
    assert str(find_folders(data_set, None, 4)) == f"originals: {data_set}/HR; low resolutions: {data_set}/LRx4"
    assert "matlab-bicubic" in str(find_folders(data_set, None, 3))
