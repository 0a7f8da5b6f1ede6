"""From the words of the command line to jobs: which file is read, and where its result goes."""

import glob
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from upscale.batch.distinct import Names, distinct
from upscale.batch.lists import STREAM, Listed, is_list, listed
from upscale.batch.medium import Medium
from upscale.batch.naming import Naming, places, target_of
from upscale.batch.sources import find, is_folder, kind_of
from upscale.batch.template import Index
from upscale.errors import UsageError

_Fallback = Callable[[Path], Path]


@dataclass(frozen=True)
class Job:
    """One file to enlarge: read `source`, write `target`, whose suffix names the format."""

    source: Path
    target: Path


@dataclass(frozen=True)
class Plan:
    """Jobs in the order of the sources, and what the user should know about their names."""

    jobs: list[Job]
    warnings: list[str]


def split_words(words: Sequence[str], out: str | None, medium: Medium) -> tuple[list[str], str | None]:
    """Sources, with @lists opened, and OUT, which the last word is by cp's rule where `out` is None.

    That is: if it is a folder, ends in /, or is the second of two and new. Raises UsageError for two files of which
    one might be meant as OUT, and for a source that does not exist.
    """
    sources = list(words)
    if not sources:
        raise UsageError(f"no source is named: give a {medium.name}, a folder, a quoted glob or @list.txt")
    if out is None and len(sources) > 1 and _is_out(sources[-1], second=len(sources) == 2):
        out = sources.pop()
    if out is None and len(sources) == 2 and all(os.path.lexists(word) or medium.is_series(word) for word in sources):
        raise UsageError(f"{sources[0]} and {sources[1]} both exist; name the output with -o")
    names = [item for source in sources for item in listed(source)]
    for item in names:
        _check(item, medium)
    return [item.name for item in names], out


def _check(item: Listed, medium: Medium) -> None:
    if item.name == STREAM:
        return
    try:
        kind_of(item.name, medium)
    except UsageError as error:
        raise UsageError(f"{item.where}{error}") from error


def _is_out(word: str, *, second: bool) -> bool:
    is_new = second and not os.path.lexists(word) and not glob.has_magic(word) and not is_list(word)
    return is_folder(Path(word)) or word.endswith(("/", os.sep)) or is_new


def plan_jobs(words: Sequence[str], out: str | None, naming: Naming, *, recursive: bool = False) -> Plan:
    """Jobs for all sources. Reads folders and, of files whose names say nothing, the first bytes.

    `out`: a file (for one file), a folder, or None for names made up from the sources'. Raises UsageError for
    a missing or unlistable source and for an output that would replace its source.
    """
    medium = naming.medium
    kinds = {word: kind_of(word, medium) for word in words}
    where = places(kinds, out, naming)
    outputs = {place.folder.resolve() for place in where if place.folder}

    @cache
    def is_output(folder: Path) -> bool:
        return folder.resolve() in outputs

    found = [
        (file, place)
        for word, place in zip(kinds, where, strict=True)
        for file in find(word, medium, recursive=recursive, skip=is_output)
    ]
    jobs = [
        Job(file.path, target_of(file, place, naming, Index(number, len(found))))
        for number, (file, place) in enumerate(found, 1)
    ]
    _refuse_replacing(jobs)
    is_numbered = naming.template is not None and naming.template.is_numbered
    fallback = medium.fallback if naming.extension == "auto" else _nowhere_else
    return _settled(list(dict.fromkeys(jobs)), fallback, is_numbered=is_numbered)


def numbered(target: Path, taken: Iterable[Path], witness: Callable[[Path], Path]) -> Path:
    """The first of target_1, target_2, ... that neither exists, as its `witness` shows, nor is `taken`."""
    number = 1
    while witness(free := target.with_stem(f"{target.stem}_{number}")).exists() or free in taken:
        number += 1
    return free


def _refuse_replacing(jobs: list[Job]) -> None:
    for job, source, target in zip(jobs, *_real_ends(jobs), strict=True):
        if source == target:
            raise UsageError(f"the result would replace {job.source}; give another output or --suffix")


def _nowhere_else(target: Path) -> Path:
    return target


def _settled(wished: list[Job], fallback: _Fallback, *, is_numbered: bool) -> Plan:
    """Targets of their own for all, without the sources that are outputs, as after a second run with the same glob.

    An output that is not read leaves its name to others, which may make more outputs known: hence the rounds.
    """
    unread: list[str] = []
    while True:
        jobs, renamed = _distinct(wished, fallback)
        writers = _writers(jobs, fallback)
        if not writers:
            return Plan(jobs, unread + renamed)
        outputs = _outputs(writers, is_numbered=is_numbered)
        unread += [f"{job.source} is not read: it is an output of this command" for job in jobs if job in outputs]
        wished = [wish for wish, job in zip(wished, jobs, strict=True) if job not in outputs]


def _writers(jobs: list[Job], fallback: _Fallback) -> dict[Job, list[Job]]:
    """The jobs whose sources others (or they themselves) write, as a result or as its fallback; and who does."""
    sources, targets = _real_ends(jobs)
    of_source: dict[str, list[Job]] = {}
    for job, source in zip(jobs, sources, strict=True):
        of_source.setdefault(source, []).append(job)
    found: dict[Job, list[Job]] = {}
    for job, target in zip(jobs, targets, strict=True):
        written = {target, str(fallback(Path(target)))}
        for overwritten in (other for path in written for other in of_source.get(path, ())):
            found.setdefault(overwritten, []).append(job)
    return found


def _outputs(writers: dict[Job, list[Job]], *, is_numbered: bool) -> set[Job]:
    """The jobs whose sources are surely written: by jobs whose own sources nobody writes.

    A number in the run says nothing about which source a file was made from: such a file may be an original.
    """
    outputs = {job for job, by in writers.items() if any(writer not in writers for writer in by)}
    if is_numbered or not outputs:
        job, by = next(iter(writers.items()))
        raise UsageError(
            f"the result of {by[0].source} would replace {job.source}, which is to be read too; "
            "give another output or another --name"
        )
    return outputs


def _distinct(jobs: list[Job], fallback: _Fallback) -> tuple[list[Job], list[str]]:
    """Give every job a target of its own, which is not what another may fall back to."""
    sources, wished = [job.source for job in jobs], [job.target for job in jobs]
    kept = {fallback(target) for target in wished if fallback(target) != target}
    targets = distinct(sources, wished, Names(kept))
    warnings = [
        f"{source} is written to {target}: another source takes {wish}"
        for source, target, wish in zip(sources, targets, wished, strict=True)
        if target != wish
    ]
    return [replace(job, target=target) for job, target in zip(jobs, targets, strict=True)], warnings


def _real_ends(jobs: list[Job]) -> tuple[list[str], list[str]]:
    return list(_real(job.source for job in jobs)), list(_real(job.target for job in jobs))


def _real(paths: Iterable[Path]) -> Iterator[str]:
    """The paths with links in their folders resolved, each folder once."""
    folders: dict[str, str] = {}
    for path in paths:
        folder, _, name = str(path).rpartition(os.sep)
        if folder not in folders:
            folders[folder] = str(path.parent.resolve())
        yield f"{folders[folder]}{os.sep}{name}"
