"""SOURCE words to files: a file, a folder, or a quoted glob."""

import glob
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from upscale.batch.medium import Medium
from upscale.batch.recognised import is_listed, is_matched
from upscale.errors import UsageError, reason

Kind = Literal["folder", "file", "glob"]


@dataclass(frozen=True)
class Found:
    """A file to read. `inner`: its path below the folder or glob that it was found in, else its name."""

    path: Path
    inner: Path


def kind_of(word: str, medium: Medium) -> Kind:
    """What a SOURCE is; a name that exists is no glob, whatever its letters. Raises UsageError for none."""
    try:
        mode = Path(word).stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        if medium.is_series(word):
            return "file"
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


def find(
    word: str, medium: Medium, *, recursive: bool, skip: Callable[[Path], bool] = lambda folder: False
) -> Iterator[Found]:
    """The files that one SOURCE means, sorted by name.

    A named file is taken as it is. In folders and globs a file counts if its name or its content is that of a
    source, unless it is hidden (a leading dot: macOS' ._photo.jpg, a killed run's rests). Folders for
    which `skip` is true are not entered, nor are links to folders, which may lead in circles. A folder below that
    cannot be listed, and a source's name that leads nowhere, count as files, so that reading them fails aloud.
    Raises UsageError for a source that is missing, no regular file and no folder, or cannot be listed.
    """
    path, kind, search = Path(word), kind_of(word, medium), _Search(medium, recursive, skip)
    if kind == "folder":
        yield from _in_folder(path, search)
    elif kind == "glob":
        yield from _in_glob(word, search)
    else:
        yield Found(path, Path(path.name))


@dataclass(frozen=True)
class _Search:
    medium: Medium
    recursive: bool
    skip: Callable[[Path], bool]


def _in_folder(folder: Path, search: _Search) -> Iterator[Found]:
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
        below = [inner / entry.name for entry in entries if search.recursive and _is_entered(entry)]
        waiting.extend(path for path in reversed(below) if not search.skip(folder / path))
        listed = [inner / entry.name for entry in entries if is_listed(entry, search.medium)]
        yield from (Found(folder / path, path) for path in listed)


def _in_glob(pattern: str, search: _Search) -> Iterator[Found]:
    matches = sorted(set(_expanded(pattern, search.skip)))
    if not matches:
        raise UsageError(f"nothing matches {pattern}")
    root = _fixed_part(pattern)
    for path in matches:
        if is_folder(path):
            below = _in_folder(path, search) if search.recursive and "**" not in pattern else iter(())
            yield from (Found(found.path, found.path.relative_to(root)) for found in below)
        elif is_matched(path, search.medium) and not any(map(search.skip, path.parents)):
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
