"""From the words of the command line to jobs: which file is read, and where its result goes."""

import glob
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from upscale.errors import UsageError
from upscale.images.naming import Naming, places, target_of
from upscale.images.sources import find, is_list, kind_of, listed


@dataclass(frozen=True)
class Job:
    """One picture to enlarge: read `source`, write `target`, whose suffix names the format."""

    source: Path
    target: Path


@dataclass(frozen=True)
class Plan:
    """Jobs in the order of the sources, and what the user should know about their names.

    `file_named`: the user named the output file, and with it its format.
    """

    jobs: list[Job]
    warnings: list[str]
    file_named: bool = False


def split_words(words: Sequence[str], out: str | None) -> tuple[list[str], str | None]:
    """Sources, with @lists opened, and OUT, which the last word is by cp's rule where `out` is None.

    That is: if it is a folder, ends in /, or is the second of two and new. Raises UsageError for a source that
    does not exist, and for two files of which one might be meant as OUT.
    """
    sources = list(words)
    if out is None and len(sources) > 1 and _is_out(sources[-1], second=len(sources) == 2):
        out = sources.pop()
    lists = any(map(is_list, sources))
    sources = [name for source in sources for name in listed(source)]
    for source in sources:
        kind_of(source)
    if out is None and len(sources) == 2 and not lists and not any(map(glob.has_magic, sources)):
        raise UsageError(f"{sources[0]} and {sources[1]} both exist; name the output with -o")
    return sources, out


def _is_out(word: str, *, second: bool) -> bool:
    path = Path(word)
    is_new = second and not path.exists() and not glob.has_magic(word)
    return path.is_dir() or word.endswith(("/", os.sep)) or is_new


def plan_jobs(words: Sequence[str], out: str | None, naming: Naming, *, recursive: bool = False) -> Plan:
    """Jobs for all sources. Reads folders and, of files without a picture's name, the first bytes.

    `out`: a file (for one file), a folder, or None for names made up from the sources'. Raises UsageError for
    a missing or unlistable source and for an output that would replace its source.
    """
    where = places(list(words), out, naming)
    outputs = {place.folder.resolve() for place in where if place.folder}
    jobs = [
        Job(found.path, target_of(found, place, naming))
        for word, place in zip(words, where, strict=True)
        for found in find(word, recursive, lambda folder: folder.resolve() in outputs)
    ]
    jobs, unread = _without_outputs(list(dict.fromkeys(jobs)))
    jobs, renamed = _distinct(jobs)
    return Plan(jobs, unread + renamed, file_named=any(place.file for place in where))


def numbered(target: Path, taken: Iterable[Path]) -> Path:
    """The first of target_1, target_2, ... that neither exists nor is `taken`."""
    number = 1
    while (free := target.with_stem(f"{target.stem}_{number}")).exists() or free in taken:
        number += 1
    return free


def _without_outputs(jobs: list[Job]) -> tuple[list[Job], list[str]]:
    """Drop sources that are another job's output, as after a second run with the same glob."""
    sources, targets = _real([job.source for job in jobs]), _real([job.target for job in jobs])
    for job, source, target in zip(jobs, sources, targets, strict=True):
        if source == target:
            raise UsageError(f"the result would replace {job.source}; give another output or --suffix")
    written = set(targets)
    kept = [job for job, source in zip(jobs, sources, strict=True) if source not in written]
    dropped = [job.source for job, source in zip(jobs, sources, strict=True) if source in written]
    return kept, [f"{source} is not read: it is an output of this command" for source in dropped]


def _distinct(jobs: list[Job]) -> tuple[list[Job], list[str]]:
    """Give every job a target of its own: a.png keeps a.png, then a.webp gets a.webp.png."""
    owners: dict[Path, Job] = {}
    for job in sorted(jobs, key=lambda job: job.source.suffix != job.target.suffix):
        target = job.target
        if target in owners:
            target = target.with_stem(target.stem + job.source.suffix)
            target = numbered(target, owners) if target in owners else target
        owners[target] = job
    targets = {job: target for target, job in owners.items()}
    warnings = [
        f"{job.source} is written to {targets[job]}: another source takes {job.target}"
        for job in jobs
        if targets[job] != job.target
    ]
    return [replace(job, target=targets[job]) for job in jobs], warnings


def _real(paths: list[Path]) -> list[Path]:
    """The paths with links in their folders resolved, each folder once."""
    folders = {path.parent: path.parent.resolve() for path in paths}
    return [folders[path.parent] / path.name for path in paths]
