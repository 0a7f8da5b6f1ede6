"""What is known of pictures before they are decoded: their sizes, and enough of their bytes to tell them apart."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from upscale.train.data.reading import read_size
from upscale.train.data.threads import in_threads

from upscale.errors import BadInputError, reason

# A digest reads this much of a file at most, in pieces spread evenly: a folder of gigabytes takes seconds.
_PIECES, _PIECE_BYTES = 8, 8192


@dataclass(frozen=True)
class Scanned:
    """A picture's file, its size in pixels, and a digest of the file's length and of samples of its bytes."""

    path: Path
    height: int
    width: int
    digest: bytes


@dataclass(frozen=True)
class Lost:
    """A file that cannot be read, and why."""

    path: Path
    why: str


def scan(paths: Sequence[Path]) -> list[Scanned | Lost]:
    """The same order; headers only, save of formats that have none."""
    return in_threads(_scan, paths)


def _scan(path: Path) -> Scanned | Lost:
    try:
        with path.open("rb") as file:
            digest = _digest(file)
            file.seek(0)
            return Scanned(path, *read_size(file), digest)
    except OSError as error:
        return Lost(path, reason(error))
    except BadInputError as error:
        return Lost(path, str(error))


def _digest(file: BinaryIO) -> bytes:
    length = os.fstat(file.fileno()).st_size
    digest = hashlib.blake2b(str(length).encode(), digest_size=16)
    last = max(0, length - _PIECE_BYTES)
    for piece in range(_PIECES):
        file.seek(last * piece // (_PIECES - 1))
        digest.update(file.read(_PIECE_BYTES))
    return digest.digest()
