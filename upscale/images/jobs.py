"""From the words of the command line to jobs: which file is read, and where its result goes."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from upscale.errors import UsageError
from upscale.images.naming import Naming, places, target_of
from upscale.images.sources import find


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
    """Sources and OUT. Without -o the last word is OUT by cp's rule: it is a folder, ends in /, or is the
    second and new. Raises UsageError for no source, and for two files of which one might be meant as OUT.
    """
    if not words:
        raise UsageError("no source given; name a file, a folder or a quoted glob")
    if out is not None or len(words) == 1:
        return list(words), out
    last = Path(words[-1])
    if last.is_dir() or words[-1].endswith(("/", os.sep)) or (len(words) == 2 and not last.exists()):
        return list(words[:-1]), words[-1]
    if len(words) == 2:
        raise UsageError(f"{words[0]} and {words[1]} both exist; name the output with -o")
    return list(words), None


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
    return Plan(jobs, unread + renamed)


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
            raise UsageError(f"the result would replace its source {job.source}; give another output or --suffix")
    written = set(targets)
    kept = [job for job, source in zip(jobs, sources, strict=True) if source not in written]
    dropped = [job.source for job, source in zip(jobs, sources, strict=True) if source in written]
    return kept, [f"{source} is not read: it is an output of this command" for source in dropped]


def _distinct(jobs: list[Job]) -> tuple[list[Job], list[str]]:
    """Give every job a target of its own: the second a.png becomes a.webp.png if it came from a.webp."""
    taken: set[Path] = set()
    kept, warnings = [], []
    for job in jobs:
        target = job.target
        if target in taken:
            target = target.with_stem(target.stem + job.source.suffix)
            target = numbered(target, taken) if target in taken else target
            warnings.append(f"{job.source} is written to {target}: another source takes {job.target}")
        taken.add(target)
        kept.append(replace(job, target=target))
    return kept, warnings


def _real(paths: list[Path]) -> list[Path]:
    """The paths with links in their folders resolved, each folder once."""
    folders = {path.parent: path.parent.resolve() for path in paths}
    return [folders[path.parent] / path.name for path in paths]
