"""Pairing by name."""

from pathlib import Path

import pytest

from upscale.errors import UsageError
from upscale.evaluate.pairs import Pair, find_pairs


def _folder(root: Path, name: str, *files: str) -> Path:
    folder = root / name
    folder.mkdir()
    for file in files:
        (folder / file).touch()
    return folder


def test_data_set_names_and_equal_names_are_paired(tmp_path: Path) -> None:
    hr = _folder(tmp_path, "HR", "baby.png", "bird.PNG", "notes.txt", ".hidden.png")
    lr = _folder(tmp_path, "LR", "babyx4.png", "babyx2.png", "bird.jpg", "stranger.png")
    assert find_pairs(hr, lr, 4) == [
        Pair(hr / "baby.png", lr / "babyx4.png"),
        Pair(hr / "bird.PNG", lr / "bird.jpg"),
    ]


def test_the_scales_own_file_comes_before_the_equal_name(tmp_path: Path) -> None:
    hr = _folder(tmp_path, "HR", "a.png")
    lr = _folder(tmp_path, "LR", "a.png", "ax2.png")
    assert find_pairs(hr, lr, 2)[0].lr == lr / "ax2.png"
    assert find_pairs(hr, lr, 4)[0].lr == lr / "a.png"


def test_without_low_resolution_files_each_picture_stands_alone(tmp_path: Path) -> None:
    hr = _folder(tmp_path, "HR", "b.png", "a.bmp")
    assert find_pairs(hr, None, 4) == [Pair(hr / "a.bmp", None), Pair(hr / "b.png", None)]


def test_two_files_are_a_pair_whatever_their_names(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "x", "one.png", "other.png")
    one, other = folder / "one.png", folder / "other.png"
    assert find_pairs(one, other, 3) == [Pair(one, other)]


def test_missing_partners_are_counted_and_the_first_five_named(tmp_path: Path) -> None:
    hr = _folder(tmp_path, "HR", *(f"{index}.png" for index in range(8)))
    lr = _folder(tmp_path, "LR", "0.png")
    with pytest.raises(UsageError, match=r"lacks 7 of 8 .*1\.png, .*5\.png, \.\.\.;.*babyx4\.png") as caught:
        find_pairs(hr, lr, 4)
    assert "6.png" not in str(caught.value)


def test_an_empty_folder_and_a_missing_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no pictures in"):
        find_pairs(_folder(tmp_path, "empty", "notes.txt"), None, 4)
    with pytest.raises(UsageError, match=r"cannot list .*nowhere: no such file"):
        find_pairs(tmp_path / "nowhere", None, 4)


def test_a_folder_of_folders_is_refused_and_they_are_named(tmp_path: Path) -> None:
    (tmp_path / "Set14").mkdir()
    (tmp_path / "Set5.png").mkdir()
    with pytest.raises(UsageError, match=r"no pictures in .*; name one of its folders: Set14, Set5\.png"):
        find_pairs(tmp_path, None, 4)
