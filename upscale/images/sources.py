"""SOURCE words to picture files: a file, a folder, or a quoted glob."""

import glob
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from upscale.errors import UsageError
from upscale.images.formats import HEAD_BYTES, format_of_name, sniff


@dataclass(frozen=True)
class Found:
    """A file to read. `inner`: its path below the folder or glob that it was found in, else its name."""

    path: Path
    inner: Path


def kind_of(word: str) -> Literal["folder", "file", "glob"]:
    """What a SOURCE is; a name that exists is no glob, whatever its letters. Raises UsageError for none."""
    path = Path(word)
    if path.is_dir():
        return "folder"
    if path.is_file():
        return "file"
    if path.exists():
        raise UsageError(f"{word} is neither a file nor a folder")
    if glob.has_magic(word):
        return "glob"
    raise UsageError(f"{word} does not exist")


def is_list(word: str) -> bool:
    """Whether a SOURCE is @FILE, a list of names, and not itself a file."""
    return word.startswith("@") and len(word) > 1 and not Path(word).exists()


def listed(word: str) -> list[str]:
    """The names in a list, one a line, @- for standard input; any other SOURCE is its own name."""
    if not is_list(word):
        return [word]
    if word == "@-":
        lines = sys.stdin.read().splitlines()
    else:
        try:
            lines = Path(word[1:]).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"cannot read the list {word[1:]}: {error}") from error
    return [line for line in lines if line.strip()]


def find(word: str, recursive: bool, skip: Callable[[Path], bool] = lambda folder: False) -> Iterator[Found]:
    """The files that one SOURCE means, sorted by name.

    A named file is taken as it is. In folders and globs a file counts if its name or its content is a
    picture's, unless it is hidden (a leading dot: macOS' ._photo.jpg, a killed run's rests). Folders for
    which `skip` is true are not entered. A folder below that cannot be listed counts as a file, so that
    reading it fails aloud. Raises UsageError for a source that is missing, no regular file
    and no folder, or cannot be listed.
    """
    path, kind = Path(word), kind_of(word)
    if kind == "folder":
        yield from _in_folder(path, recursive, skip)
    elif kind == "glob":
        yield from _in_glob(word, recursive, skip)
    else:
        yield Found(path, Path(path.name))


def _in_folder(folder: Path, recursive: bool, skip: Callable[[Path], bool]) -> Iterator[Found]:
    unlisted: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=unlisted.append):
        here = Path(place)
        entered = (name for name in folders if recursive and not name.startswith("."))
        folders[:] = sorted(name for name in entered if not skip(here / name))
        files = (here / name for name in sorted(names))
        yield from (Found(path, path.relative_to(folder)) for path in files if _looks_like_picture(path))
    for error in unlisted:
        lost = Path(error.filename)
        if lost == folder:
            raise UsageError(f"cannot list {folder}: {(error.strerror or '').lower()}")
        yield Found(lost, lost.relative_to(folder))


def _in_glob(pattern: str, recursive: bool, skip: Callable[[Path], bool]) -> Iterator[Found]:
    # Path.glob knows no absolute patterns.
    matches = sorted(Path(name) for name in glob.glob(pattern, recursive=True))  # noqa: PTH207
    if not matches:
        raise UsageError(f"nothing matches {pattern}")
    root = _fixed_part(pattern)
    for path in matches:
        if path.is_dir() and recursive and "**" not in pattern:
            below = _in_folder(path, recursive, skip)
            yield from (Found(found.path, found.path.relative_to(root)) for found in below)
        elif path.is_file() and _looks_like_picture(path) and not any(map(skip, path.parents)):
            yield Found(path, path.relative_to(root))


def _fixed_part(pattern: str) -> Path:
    """The folder that all matches of a pattern lie in."""
    parts = Path(pattern).parts
    wild = next(index for index, part in enumerate(parts) if glob.has_magic(part))
    return Path(*parts[:wild])


def _looks_like_picture(path: Path) -> bool:
    """By name first, which costs no reading; a file that cannot be opened is none."""
    if path.name.startswith(".") or not path.is_file():
        return False
    if format_of_name(path):
        return True
    try:
        with path.open("rb") as file:
            return sniff(file.read(HEAD_BYTES), path) is not None
    except OSError:
        return False
