"""SOURCE words to picture files: a file, a folder, or a quoted glob."""

import glob
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from upscale.errors import UsageError, reason
from upscale.images.formats import HEAD_BYTES, format_of_name, sniff

Kind = Literal["folder", "file", "glob"]


@dataclass(frozen=True)
class Found:
    """A file to read. `inner`: its path below the folder or glob that it was found in, else its name."""

    path: Path
    inner: Path


def kind_of(word: str) -> Kind:
    """What a SOURCE is; a name that exists is no glob, whatever its letters. Raises UsageError for none."""
    try:
        mode = Path(word).stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        if glob.has_magic(word):
            return "glob"
        raise UsageError(f"{word} does not exist" + _where_it_leads(Path(word))) from error
    except OSError as error:  # a folder above that may not be entered, links in a circle, a name that is too long
        raise UsageError(f"cannot read {word}: {reason(error)}") from error
    if stat.S_ISDIR(mode):
        return "folder"
    if stat.S_ISREG(mode):
        return "file"
    raise UsageError(f"{word} is neither a file nor a folder")


def is_folder(path: Path) -> bool:
    """Whether a folder is there, as far as one may look."""
    try:
        return path.is_dir()
    except OSError:
        return False


def find(word: str, recursive: bool, skip: Callable[[Path], bool] = lambda folder: False) -> Iterator[Found]:
    """The files that one SOURCE means, sorted by name.

    A named file is taken as it is. In folders and globs a file counts if its name or its content is a
    picture's, unless it is hidden (a leading dot: macOS' ._photo.jpg, a killed run's rests). Folders for
    which `skip` is true are not entered, nor are links to folders, which may lead in circles. A folder below that
    cannot be listed, and a picture's name that leads nowhere, count as files, so that reading them fails aloud.
    Raises UsageError for a source that is missing, no regular file and no folder, or cannot be listed.
    """
    path, kind = Path(word), kind_of(word)
    if kind == "folder":
        yield from _in_folder(path, recursive, skip)
    elif kind == "glob":
        yield from _in_glob(word, recursive, skip)
    else:
        yield Found(path, Path(path.name))


def _in_folder(folder: Path, recursive: bool, skip: Callable[[Path], bool]) -> Iterator[Found]:
    waiting = [Path()]
    while waiting:
        inner = waiting.pop()
        try:
            with os.scandir(folder / inner) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            if inner == Path():
                raise UsageError(f"cannot list {folder}: {reason(error)}") from error
            yield Found(folder / inner, inner)
            continue
        below = [inner / entry.name for entry in entries if recursive and _is_entered(entry)]
        waiting.extend(path for path in reversed(below) if not skip(folder / path))
        yield from (Found(folder / inner / entry.name, inner / entry.name) for entry in entries if _counts(entry))


def _in_glob(pattern: str, recursive: bool, skip: Callable[[Path], bool]) -> Iterator[Found]:
    matches = sorted(set(_expanded(pattern, skip)))
    if not matches:
        raise UsageError(f"nothing matches {pattern}")
    root = _fixed_part(pattern)
    for path in matches:
        if is_folder(path):
            below = _in_folder(path, recursive, skip) if recursive and "**" not in pattern else iter(())
            yield from (Found(found.path, found.path.relative_to(root)) for found in below)
        elif _looks_like_picture(path) and not any(map(skip, path.parents)):
            yield Found(path, path.relative_to(root))


def _expanded(pattern: str, skip: Callable[[Path], bool]) -> Iterator[Path]:
    """What a pattern matches. glob would follow links to folders at a **, in circles without an end."""
    parts = Path(pattern).parts
    if "**" not in parts:
        # Path.glob knows no absolute patterns.
        yield from map(Path, glob.glob(pattern))  # noqa: PTH207
        return
    at = parts.index("**")
    rest = Path(*parts[at + 1 :]) if at + 1 < len(parts) else Path("*")
    for start in _expanded(str(Path(*parts[:at])), skip) if at else (Path(),):
        for folder in _folders(start, skip):
            yield from _expanded(str(Path(glob.escape(str(folder))) / rest), skip)


def _folders(start: Path, skip: Callable[[Path], bool]) -> Iterator[Path]:
    """A folder and those below it, without links, hidden ones and those that cannot be listed."""
    waiting = [start]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as listing:
                below = [folder / entry.name for entry in listing if _is_entered(entry)]
        except OSError:
            continue
        yield folder
        waiting.extend(path for path in below if not skip(path))


def _fixed_part(pattern: str) -> Path:
    """The folder that all matches of a pattern lie in."""
    parts = Path(pattern).parts
    wild = next(index for index, part in enumerate(parts) if glob.has_magic(part))
    return Path(*parts[:wild])


def _where_it_leads(path: Path) -> str:
    return ": it is a link to nowhere" if path.is_symlink() else ""


def _is_entered(entry: os.DirEntry[str]) -> bool:
    return not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)


def _counts(entry: os.DirEntry[str]) -> bool:
    """Without a look at the disk for what is plain from the listing: a regular file with a picture's name."""
    if entry.name.startswith(".") or entry.is_dir(follow_symlinks=False):
        return False
    if entry.is_file(follow_symlinks=False) and format_of_name(Path(entry.name)):
        return True
    return _looks_like_picture(Path(entry.path))


def _looks_like_picture(path: Path) -> bool:
    """By name first, which costs no reading; a file without a picture's name that cannot be opened is none."""
    if path.name.startswith("."):
        return False
    named = format_of_name(path) is not None
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return False
        if named:
            return True
        with path.open("rb") as file:
            return sniff(file.read(HEAD_BYTES), path) is not None
    except OSError:
        return named
