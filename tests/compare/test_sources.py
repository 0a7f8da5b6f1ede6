"""What words mean, and under which titles."""

from pathlib import Path

import numpy as np
import pytest
from clips import write_clip
from PIL import Image

from upscale.compare.sources import columns, is_clip
from upscale.errors import UsageError


def _picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(path, "PNG")
    return path


def test_files_and_folders_become_columns(tmp_path: Path) -> None:
    one, two = _picture(tmp_path / "a" / "one.png"), _picture(tmp_path / "b" / "two.png")
    (tmp_path / "a" / "notes.txt").write_text("no picture")
    assert [column.files for column in columns([str(one), str(two)])] == [(one,), (two,)]
    folders = columns([str(one.parent), str(two.parent)])
    assert [(column.title, column.files) for column in folders] == [("a", (one,)), ("b", (two,))]


def test_titles_tell_apart_what_has_one_name(tmp_path: Path) -> None:
    paths = [_picture(tmp_path / folder / "out" / "x.png") for folder in ("a", "b")]
    assert [column.title for column in columns([str(path) for path in paths])] == ["a/out/x.png", "b/out/x.png"]
    assert [column.title for column in columns([str(paths[0])] * 2)] == ["x.png", "x.png (2)"]


def test_no_two_titles_are_the_same(tmp_path: Path) -> None:
    one, two = _picture(tmp_path / "a"), _picture(tmp_path / "a (2)")
    titles = [column.title for column in columns([str(path) for path in (one, one, two, one)])]
    assert titles == ["a", "a (3)", "a (2)", "a (4)"]


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    one = _picture(tmp_path / "a" / "one.png")
    (tmp_path / "empty").mkdir()
    for words, said in (
        ([one], "at least two"),
        ([one, tmp_path / "none.png"], "does not exist"),
        ([one, tmp_path / "*.png"], "does not exist"),
        ([one, one.parent], "is a folder"),
        ([one.parent, tmp_path / "empty"], "no pictures"),
    ):
        with pytest.raises(UsageError, match=said):
            columns([str(word) for word in words])


def test_clips_are_told_from_pictures(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (8, 8), (level, 0, 0)) for level in (0, 200)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:], duration=100)
    frames[0].save(tmp_path / "still.gif")
    clip = write_clip(tmp_path / "clip.mp4")
    picture = _picture(tmp_path / "picture.png")
    names = ("moving.gif", "still.gif", clip.name, picture.name)
    assert [is_clip(tmp_path / name) for name in names] == [True, False, True, False]


def test_a_png_that_moves_is_a_clip_wherever_it_says_so(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full((8, 8, 3), level, np.uint8)) for level in (0, 200)]
    for name, profile in (("short.png", None), ("long.png", np.random.default_rng(1).bytes(100_000))):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], duration=100, icc_profile=profile)
        assert is_clip(tmp_path / name)
        frames[0].save(tmp_path / name, icc_profile=profile)
        assert not is_clip(tmp_path / name)
