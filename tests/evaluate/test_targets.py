"""Results go where the user says, and never over a picture that is compared."""

from pathlib import Path

import pytest

from upscale.errors import UsageError
from upscale.evaluate.pairs import Pair
from upscale.evaluate.targets import check_target


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("scores.txt", r"--csv .*: name a file that ends in \.csv"),
        ("scores", r"ends in \.csv"),
        ("no/scores.csv", "there is no folder"),
        ("folder.csv", "is a folder"),
        ("a" * 300 + ".csv", "too long"),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(UsageError, match=words):
        check_target("--csv", tmp_path / name, ".csv", [])


def test_a_picture_that_is_compared_is_refused_by_any_of_its_names(tmp_path: Path) -> None:
    hr, lr = tmp_path / "baby.png", tmp_path / "babyx4.png"
    for path in (hr, lr):
        path.write_bytes(b"pixels")
    pairs = [Pair(tmp_path / "gone.png", None), Pair(hr, lr)]
    (tmp_path / "link.png").symlink_to(hr)
    (tmp_path / "folder").symlink_to(tmp_path)
    for target in (hr, lr, tmp_path / "link.png", tmp_path / "folder" / "baby.png"):
        with pytest.raises(UsageError, match="one of the pictures that are compared"):
            check_target("--plot", target, ".png", pairs)


def test_new_files_and_older_results_may_be_written(tmp_path: Path) -> None:
    (tmp_path / "baby.png").write_bytes(b"pixels")
    (tmp_path / "plane.PNG").write_bytes(b"an older result")
    for name in ("plane.PNG", "new.png"):
        check_target("--plot", tmp_path / name, ".png", [Pair(tmp_path / "baby.png", None)])
