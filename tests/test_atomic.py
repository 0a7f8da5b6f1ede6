"""A file is the old one or the new one, never a part."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from upscale.atomic import Asides, make_folder, remove_stale, replacing, write_bytes
from upscale.errors import OutputError

ROOT = str(Path(__file__).parents[1])


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


WRITE_FOR_EVER = """
import json, sys, time
from pathlib import Path
from upscale.atomic import replacing
with replacing(Path(sys.argv[1])) as aside:
    aside.write_bytes(b"half")
    print(json.dumps(aside.name), flush=True)
    time.sleep(60)
"""


@contextmanager
def writing(target: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Another process in the middle of `target`, and the name of its aside."""
    words = [sys.executable, "-c", WRITE_FOR_EVER, str(target)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": ROOT}) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="no locks by which to tell")
def test_the_next_run_removes_what_a_killed_one_left_and_nothing_else(tmp_path: Path) -> None:
    with writing(tmp_path / "a\nb.png") as (killed, stale):
        killed.kill()
    for name in (".hidden.png", ".a.upscale-0123456.png", "a.upscale-01234567.png", "é.part.png"):
        (tmp_path / name).write_bytes(b"mine")
    others = {path.name for path in tmp_path.iterdir()} - {stale}
    with writing(tmp_path / "c.png") as (_, live):
        write_bytes(tmp_path / "d.png", b"new")
        assert {path.name for path in tmp_path.iterdir()} == {*others, live, "d.png"}
    assert (tmp_path / live).read_bytes() == b"half"
    remove_stale(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*others, "d.png"}


def test_a_folder_is_looked_through_once_a_run(tmp_path: Path) -> None:
    stale, asides = tmp_path / ".a.upscale-01234567.png", Asides()
    with replacing(tmp_path / "b.png", asides):
        stale.write_bytes(b"left")
        with replacing(tmp_path / "c.png", asides):
            assert stale.exists()
    with replacing(tmp_path / "d.png", Asides()):
        assert not stale.exists()


def test_a_missing_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot make the folder .*file/sub: not a directory"):
        make_folder(tmp_path / "file" / "sub")
    make_folder(tmp_path / "x" / "y")
    assert (tmp_path / "x" / "y").is_dir()
