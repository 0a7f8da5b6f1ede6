"""Which files below a folder are pictures."""

import logging
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from upscale.errors import UsageError, reason
from upscale.evaluate.pictures import SUFFIXES

# What `reading.py` takes beyond the formats of test pictures.
_TAKEN = SUFFIXES | {".jpe", ".jfif", ".apng", ".dib", ".pbm", ".pnm"}
_KINDS_NAMED = 4

logger = logging.getLogger(__name__)


def find_pictures(folder: Path, *, without: Sequence[Path] = ()) -> list[Path]:
    """Every file below `folder` with a picture's suffix, in the order of their names; none that is `without`.

    Links are followed. Hidden files and folders are passed over: among them are macOS' shadows of real pictures.
    UsageError where there is none, or the folder cannot be listed.
    """
    left_out = [path.resolve() for path in without]
    found: list[Path] = []
    others: Counter[str] = Counter()
    for parent, names in _folders(folder):
        if any(parent.resolve().is_relative_to(path) for path in left_out):
            continue
        for name in names:
            path = parent / name
            # A pipe would be waited for; a broken link is a picture that cannot be read.
            if path.suffix.lower() in _TAKEN and (path.is_file() or path.is_symlink()):
                found.append(path)
            else:
                others[path.suffix.lower() or "unnamed"] += 1
    if not found:
        raise UsageError(f"no pictures found below {folder}{_named(others)}")
    return sorted(found)


def _folders(folder: Path) -> list[tuple[Path, list[str]]]:
    """The folder and those below with the names of their files; each once, whatever links lead to it."""
    _refuse_unlistable(folder)
    seen: set[tuple[int, int]] = set()
    listed = []
    for parent, inner, names in os.walk(folder, followlinks=True, onerror=_warn):
        status = Path(parent).stat()
        if (status.st_dev, status.st_ino) in seen:
            inner.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        listed.append((Path(parent), [name for name in names if not name.startswith(".")]))
    return listed


def _refuse_unlistable(folder: Path) -> None:
    try:
        os.scandir(folder).close()
    except NotADirectoryError as error:
        raise UsageError(f"{folder} is a file: give the folder that it lies in") from error
    except OSError as error:
        raise UsageError(f"cannot list {folder}: {reason(error)}") from error


def _warn(error: OSError) -> None:
    logger.warning("cannot list %s, which is left out: %s", error.filename, reason(error))


def _named(others: Counter[str]) -> str:
    """The end of a message: what was found instead."""
    if not others:
        return ": it is empty"
    kinds = ", ".join(f"{count} {kind}" for kind, count in others.most_common(_KINDS_NAMED))
    return f": it holds {kinds}" + (" and others" if len(others) > _KINDS_NAMED else "")
