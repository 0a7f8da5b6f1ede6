"""Decoded pictures in a file, mapped into memory: for more than memory holds, and for the next run.

Two files: `<key>.pixels`, and, written after it, `<key>.json`, without which it does not count.
"""

import json
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from upscale.train.data.filling import Put
from upscale.train.data.scanning import Lost

from upscale.atomic import lock, make_folder, replacing, write_bytes
from upscale.errors import OutputError, reason
from upscale.units import size

_PIXELS, _TABLE = ".pixels", ".json"


@dataclass(frozen=True)
class Cache:
    """A file of `total_bytes`, in a folder of such files; `key` names it by what is in it.

    `alone`: the folder belongs to this run, so that what it held before is of no more use.
    """

    folder: Path
    key: str
    total_bytes: int
    alone: bool


def cached(cache: Cache, fill: Callable[[Put], dict[int, Lost]]) -> tuple[NDArray[np.uint8], dict[int, Lost]]:
    """The bytes, filled unless they are there, and what could not be decoded then. Shape: (total_bytes,).

    Processes that want the same take turns: one fills, the others find it filled. Raises OutputError.
    """
    make_folder(cache.folder)
    try:
        with (cache.folder / ".lock").open("wb") as file:
            with suppress(OSError):  # no locks, as on some network disks: then each fills its own
                lock(file, wait=True)
            lost = _lost(cache)
            if lost is None:
                lost = _write(cache, fill)
            return np.memmap(_path(cache, _PIXELS), np.uint8, "r+", shape=(cache.total_bytes,)), lost
    except OSError as error:
        raise OutputError(f"cannot use the cache {cache.folder}: {reason(error)}; give another by --cache") from error


def _path(cache: Cache, suffix: str) -> Path:
    return cache.folder / (cache.key + suffix)


def _lost(cache: Cache) -> dict[int, Lost] | None:
    """What could not be decoded when the file was filled; None where it is not there, or not whole."""
    try:
        if _path(cache, _PIXELS).stat().st_size != cache.total_bytes:
            return None
        table = json.loads(_path(cache, _TABLE).read_text(encoding="utf-8"))
        return {int(index): Lost(Path(path), why) for index, path, why in table["lost"]}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(cache: Cache, fill: Callable[[Put], dict[int, Lost]]) -> dict[int, Lost]:
    if cache.alone:
        _remove_others(cache)
    _path(cache, _TABLE).unlink(missing_ok=True)
    _refuse_full(cache)
    with replacing(_path(cache, _PIXELS)) as aside, aside.open("rb+") as file:
        file.truncate(cache.total_bytes)
        one_at_a_time = threading.Lock()

        # Written, not mapped: there a full disk would end the process.
        def put(start: int, pixels: NDArray[np.uint8]) -> None:
            with one_at_a_time:
                file.seek(start)
                file.write(pixels.data)

        lost = fill(put)
    table = {"lost": [[index, str(item.path), item.why] for index, item in lost.items()]}
    write_bytes(_path(cache, _TABLE), json.dumps(table).encode())
    return lost


def _remove_others(cache: Cache) -> None:
    for path in cache.folder.iterdir():
        if path.suffix in (_PIXELS, _TABLE) and path.stem != cache.key:
            path.unlink()


def _refuse_full(cache: Cache) -> None:
    """Before minutes of decoding."""
    free = shutil.disk_usage(cache.folder).free
    if free < cache.total_bytes:
        raise OutputError(
            f"the decoded pictures take {size(cache.total_bytes)}, and {cache.folder} has {size(free)} left; "
            "give a folder on another disk by --cache"
        )
