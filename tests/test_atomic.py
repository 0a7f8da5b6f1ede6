"""A file is the old one or the new one, never a part."""

from pathlib import Path

import pytest

from upscale.atomic import Asides, replacing, write_bytes
from upscale.errors import OutputError


def test_failure_keeps_the_old_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "a.png"
    target.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), replacing(target) as aside:
        aside.write_bytes(b"ne")
        raise ZeroDivisionError
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_success_replaces(tmp_path: Path) -> None:
    target = tmp_path / "a.png"
    target.write_bytes(b"old")
    write_bytes(target, b"new")
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


def test_the_aside_keeps_the_suffix_and_fits_any_name(tmp_path: Path) -> None:
    for stem in ("x" * 250, "\u6f22" * 80):
        target = tmp_path / f"{stem}.png"
        with replacing(target) as aside:
            assert aside.suffix == ".png"
            aside.write_bytes(b"new")
        assert target.read_bytes() == b"new"


def test_the_aside_is_hidden_beside_the_target(tmp_path: Path) -> None:
    target = tmp_path / "a.png"
    with replacing(target) as aside:
        assert aside.parent == tmp_path and aside.name.startswith(".")
        aside.write_bytes(b"new")


def test_what_the_file_system_refuses_names_the_target(tmp_path: Path) -> None:
    target = tmp_path / "no" / "such" / "folder.png"
    with pytest.raises(OutputError, match="folder.png: no such file or directory"):
        write_bytes(target, b"new")


def test_who_leaves_a_writer_alone_can_remove_its_file(tmp_path: Path) -> None:
    target, asides = tmp_path / "a.png", Asides()
    with replacing(tmp_path / "b.png", asides) as finished:
        finished.write_bytes(b"new")
    with pytest.raises(OutputError, match=r"cannot write .*a\.png"), replacing(target, asides) as aside:
        aside.write_bytes(b"half")
        asides.remove()
        assert not aside.exists()
    asides.remove()
    assert [path.name for path in tmp_path.iterdir()] == ["b.png"]
