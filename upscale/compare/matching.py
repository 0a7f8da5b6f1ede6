"""Which files of several folders show the same thing: baby.png, babyx4.png and baby_x4.jpg do."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_FACTOR = re.compile(r"[_-]?x\d+(?:\.\d+)?\Z", re.IGNORECASE)


@dataclass(frozen=True)
class Match:
    """Files that belong together, one of each column.

    `truth`: the original, if there is one. `moving`: those of all that are clips.
    """

    files: tuple[Path, ...]
    truth: Path | None = None
    moving: tuple[Path, ...] = ()

    @property
    def name(self) -> str:
        """The shortest of their stems, which is what they have in common."""
        return min((path.stem for path in self.all_files), key=len)

    @property
    def all_files(self) -> tuple[Path, ...]:
        """The files, the original last."""
        return self.files if self.truth is None else (*self.files, self.truth)


@dataclass(frozen=True)
class Matched:
    """Matches by name, and the files that lack a partner in some column."""

    matches: list[Match]
    lonely: list[Path]


def match(columns: Sequence[Sequence[Path]]) -> Matched:
    """Files of equal names first, then of equal stems, then of stems that are equal without factors at their ends.

    No more factors are taken off than needed: box1_x4 is box1, and bo only where nothing else fits. A name that means
    several files of one column (baby.png and babyx4.png) matches nothing: who knows which.
    """
    matches: list[Match] = []
    left = [list(files) for files in columns]
    for names_of in (_name, _stem, _forms):
        matches += _matched([_unique((name, path) for path in files for name in names_of(path)) for files in left])
        taken = {path for one in matches for path in one.files}
        left = [[path for path in files if path not in taken] for files in left]
    lonely = [path for files in left for path in files]
    return Matched(sorted(matches, key=lambda one: one.name), list(dict.fromkeys(lonely)))


def truth_of(files: Sequence[Path], originals: Sequence[Path]) -> Path | None:
    """The original of files that belong together, by the same rule; None where there is none, or several."""
    stems = {path.stem for path in files}
    found = [path for path in originals if path.stem in stems]
    # The longest has the fewest factors off.
    for form in sorted({form for stem in stems for form in forms(stem)}, key=len, reverse=True):
        found = found or [path for path in originals if form in forms(path.stem)]
    return found[0] if len(found) == 1 else None


def spread(matches: list[Match], count: int | None) -> list[Match]:
    """So many of them, evenly spread over all; all for None."""
    if count is None or count >= len(matches):
        return matches
    return [matches[index * len(matches) // count] for index in range(count)]


def forms(stem: str) -> list[str]:
    """A stem, and what is left as the factors at its end are taken off: babyx4_x2, babyx4, baby; x4 itself stays."""
    found = [stem]
    while (shorter := _FACTOR.sub("", found[-1])) not in ("", found[-1]):
        found.append(shorter)
    return found


def _name(path: Path) -> list[str]:
    return [path.name]


def _stem(path: Path) -> list[str]:
    return [path.stem]


def _forms(path: Path) -> list[str]:
    return forms(path.stem)


def _unique(named: Iterable[tuple[str, Path]]) -> dict[str, Path]:
    """Names that mean one file each."""
    found: dict[str, list[Path]] = {}
    for name, path in named:
        found.setdefault(name, []).append(path)
    return {name: paths[0] for name, paths in found.items() if len(paths) == 1}


def _matched(columns: Sequence[Mapping[str, Path]]) -> list[Match]:
    """Files that share a name, each once: of several names by the longest, which has the fewest factors off."""
    shared = [name for name in columns[0] if all(name in known for known in columns[1:])]
    matches: list[Match] = []
    taken: set[Path] = set()
    for name in sorted(shared, key=len, reverse=True):
        files = tuple(known[name] for known in columns)
        if taken.isdisjoint(files):
            matches.append(Match(files))
            taken.update(files)
    return matches
