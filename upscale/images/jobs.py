"""From the words of the command line to jobs: which file is read, and where its result goes."""

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from upscale.errors import UsageError
from upscale.images.distinct import Names, distinct
from upscale.images.lists import STREAM, is_list, listed
from upscale.images.naming import Naming, fallback, places, target_of
from upscale.images.sources import find, is_folder, kind_of


@dataclass(frozen=True)
class Job:
    """One picture to enlarge: read `source`, write `target`, whose suffix names the format."""

    source: Path
    target: Path


@dataclass(frozen=True)
class Plan:
    """Jobs in the order of the sources, and what the user should know about their names."""

    jobs: list[Job]
    warnings: list[str]


def split_words(words: Sequence[str], out: str | None) -> tuple[list[str], str | None]:
    """Sources, with @lists opened, and OUT, which the last word is by cp's rule where `out` is None.

    That is: if it is a folder, ends in /, or is the second of two and new. Raises UsageError for two files of which
    one might be meant as OUT, and for a source that does not exist.
    """
    sources = list(words)
    if not sources:
        raise UsageError("no source is named: give a picture, a folder, a quoted glob or @list.txt")
    if out is None and len(sources) > 1 and _is_out(sources[-1], second=len(sources) == 2):
        out = sources.pop()
    if out is None and len(sources) == 2 and all(map(os.path.lexists, sources)):
        raise UsageError(f"{sources[0]} and {sources[1]} both exist; name the output with -o")
    names = [name for source in sources for name in listed(source)]
    for name in names:
        if name != STREAM:
            kind_of(name)
    return names, out


def _is_out(word: str, *, second: bool) -> bool:
    is_new = second and not os.path.lexists(word) and not glob.has_magic(word) and not is_list(word)
    return is_folder(Path(word)) or word.endswith(("/", os.sep)) or is_new


def plan_jobs(words: Sequence[str], out: str | None, naming: Naming, *, recursive: bool = False) -> Plan:
    """Jobs for all sources. Reads folders and, of files without a picture's name, the first bytes.

    `out`: a file (for one file), a folder, or None for names made up from the sources'. Raises UsageError for
    a missing or unlistable source and for an output that would replace its source.
    """
    kinds = {word: kind_of(word) for word in words}
    where = places(kinds, out, naming)
    outputs = {place.folder.resolve() for place in where if place.folder}

    @cache
    def is_output(folder: Path) -> bool:
        return folder.resolve() in outputs

    found = [
        (file, place) for word, place in zip(kinds, where, strict=True) for file in find(word, recursive, is_output)
    ]
    jobs = [Job(file.path, target_of(file, place, naming, index)) for index, (file, place) in enumerate(found, 1)]
    jobs, unread = _without_outputs(list(dict.fromkeys(jobs)))
    jobs, renamed = _distinct(jobs, falls_back=naming.extension == "auto")
    return Plan(jobs, unread + renamed)


def numbered(target: Path, taken: Iterable[Path]) -> Path:
    """The first of target_1, target_2, ... that neither exists nor is `taken`."""
    number = 1
    while (free := target.with_stem(f"{target.stem}_{number}")).exists() or free in taken:
        number += 1
    return free


def _without_outputs(jobs: list[Job]) -> tuple[list[Job], list[str]]:
    """Drop sources that are another job's output, as after a second run with the same glob."""
    sources, targets = list(_real(job.source for job in jobs)), list(_real(job.target for job in jobs))
    for job, source, target in zip(jobs, sources, targets, strict=True):
        if source == target:
            raise UsageError(f"the result would replace {job.source}; give another output or --suffix")
    written = set(targets)
    kept = [job for job, source in zip(jobs, sources, strict=True) if source not in written]
    dropped = [job.source for job, source in zip(jobs, sources, strict=True) if source in written]
    return kept, [f"{source} is not read: it is an output of this command" for source in dropped]


def _distinct(jobs: list[Job], *, falls_back: bool) -> tuple[list[Job], list[str]]:
    """Give every job a target of its own that is no source, and not the png that another may fall back to."""
    sources, wished = [job.source for job in jobs], [job.target for job in jobs]
    pngs = {fallback(target) for target in wished if fallback(target) != target} if falls_back else set()
    targets = distinct(sources, wished, Names((*sources, *pngs)))
    warnings = [
        f"{source} is written to {target}: another source takes {wish}"
        for source, target, wish in zip(sources, targets, wished, strict=True)
        if target != wish
    ]
    return [replace(job, target=target) for job, target in zip(jobs, targets, strict=True)], warnings


def _real(paths: Iterable[Path]) -> Iterator[str]:
    """The paths with links in their folders resolved, each folder once."""
    folders: dict[str, str] = {}
    for path in paths:
        folder, _, name = str(path).rpartition(os.sep)
        if folder not in folders:
            folders[folder] = str(path.parent.resolve())
        yield f"{folders[folder]}{os.sep}{name}"
