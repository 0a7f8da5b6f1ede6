"""Decoded pictures in a file: the same as in memory, kept for the next run, never half a one."""

import errno
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from datasets import CPU, config_of, load, save
from upscale.train.data.batches import Batches
from upscale.train.data.cache import Cache, cached
from upscale.train.data.filling import Put
from upscale.train.data.placing import Room, load_store
from upscale.train.data.scanning import Lost
from upscale.train.data.sources import Search, find_sources
from upscale.train.data.store import lay_out

from upscale.errors import OutputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures, and one that is broken behind its header."""
    for index in range(4):
        save(tmp_path / "hr" / f"{index}.png", 40 + index, 50)
    content = (tmp_path / "hr" / "2.png").read_bytes()
    (tmp_path / "hr" / "2.png").write_bytes(content[: len(content) // 2])
    return tmp_path / "hr"


def kept(cache: Path) -> list[tuple[str, int]]:
    return sorted((path.name, path.stat().st_mtime_ns) for path in cache.iterdir() if path.suffix)


def test_batches_from_a_file_are_those_from_memory(folder: Path, tmp_path: Path) -> None:
    mapped, plain = load(folder, cache=tmp_path / "cache").training, load(folder).training
    assert mapped.mapped and not plain.mapped
    for step in range(3):
        one, other = (Batches(config_of(folder), store, CPU).at(step) for store in (mapped, plain))
        assert all(torch.equal(*sides) for sides in zip(one, other, strict=True))


def test_the_next_run_takes_the_file_as_it_is(folder: Path, tmp_path: Path, said: list[str]) -> None:
    first = load(folder, cache=tmp_path / "cache")
    files = kept(tmp_path / "cache")
    said.clear()
    second = load(folder, cache=tmp_path / "cache")
    assert kept(tmp_path / "cache") == files
    assert second.training.kept_names == first.training.kept_names
    assert "2.png" in "".join(said)  # known to be broken without another look
    assert torch.equal(first.training.hr, second.training.hr)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("suffix", "damage"), [(".pixels", cut), (".pixels", Path.unlink), (".json", cut), (".json", empty)]
)
def test_damaged_files_are_made_anew(suffix: str, damage: Callable[[Path], None], folder: Path, tmp_path: Path) -> None:
    right = load(folder, cache=tmp_path / "cache").training.hr.clone()
    (path,) = (tmp_path / "cache").glob(f"*{suffix}")
    damage(path)
    assert torch.equal(load(folder, cache=tmp_path / "cache").training.hr, right)


def test_other_pictures_get_another_file(folder: Path, tmp_path: Path) -> None:
    load(folder, cache=tmp_path / "cache")
    save(folder / "9.png", 40, 44)
    store = load(folder, cache=tmp_path / "cache").training
    assert "9.png" in store.names
    load(folder, cache=tmp_path / "cache", scale=4)
    assert len(list((tmp_path / "cache").glob("*.pixels"))) == 3


def test_without_room_in_memory_the_folder_beside_the_output_holds_one_file(folder: Path, tmp_path: Path) -> None:
    room = Room(CPU, 1, None, tmp_path / "beside", share=1e-12)
    files = []
    for _ in range(2):
        sources = find_sources(Search(folder, None, 2), smallest_px=5, use="a test").usable
        store, lost = load_store(sources, lay_out(sources, 2, with_lr=True), room)
        assert store.mapped and len(lost) == 1
        files += (tmp_path / "beside").glob("*.pixels")
        save(folder / "9.png", 40, 44)
    first, second = files
    assert first != second


def test_what_fails_while_filling_leaves_nothing(tmp_path: Path) -> None:
    def full(put: Put) -> dict[int, Lost]:
        put(0, np.ones(10, np.uint8))
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OutputError, match="no space left"):
        cached(Cache(tmp_path / "cache", "key", 100, alone=True), full)
    assert kept(tmp_path / "cache") == []


def test_a_disk_without_room_is_told_before_anything_is_decoded(tmp_path: Path) -> None:
    def fill(put: Put) -> dict[int, Lost]:
        raise AssertionError("nothing is to be decoded")

    with pytest.raises(OutputError, match="GB left; give a folder on another disk by --cache"):
        cached(Cache(tmp_path / "cache", "key", 2**60, alone=True), fill)


def test_a_file_in_place_of_the_folder_is_told(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot make the folder"):
        load(folder, cache=tmp_path / "cache")
