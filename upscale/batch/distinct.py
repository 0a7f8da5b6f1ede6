"""Every source gets a target of its own, the same in every run."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path


class Names:
    """Targets that are taken; where a file system ignores case, A.png is a.png."""

    def __init__(self, taken: Iterable[Path] = ()) -> None:
        self._exact: set[str] = set()
        self._folded: set[str] = set()
        self._last_number: Counter[Path] = Counter()
        self._ignores_case: dict[Path, bool] = {}
        for path in taken:
            self._add(path)

    def take(self, path: Path) -> bool:
        """Whether it was free; now it is not."""
        folded = str(path).casefold()
        if str(path) in self._exact or (folded in self._folded and self._is_lax(path.parent)):
            return False
        self._add(path)
        return True

    def numbered(self, path: Path) -> Path:
        """The first of path_1, path_2, ... that was free; files on the disk do not count, for a later run has them."""
        while True:
            self._last_number[path] += 1
            free = path.with_stem(f"{path.stem}_{self._last_number[path]}")
            if self.take(free):
                return free

    def _is_lax(self, folder: Path) -> bool:
        if folder not in self._ignores_case:
            self._ignores_case[folder] = ignores_case(folder)
        return self._ignores_case[folder]

    def _add(self, path: Path) -> None:
        self._exact.add(str(path))
        self._folded.add(str(path).casefold())


def distinct(sources: Sequence[Path], targets: Sequence[Path], names: Names) -> list[Path]:
    """The targets, each taken by one source only.

    a.png keeps a.png, then a.webp gets a.webp.png; of two sources called a.png the second gets a_1.png.
    """
    found: dict[int, Path] = {}
    # Who keeps its name and its format comes first.
    for index in sorted(range(len(sources)), key=lambda index: sources[index].suffix != targets[index].suffix):
        found[index] = next(_wishes(sources[index], targets[index], names))
    return [found[index] for index in range(len(sources))]


def ignores_case(folder: Path) -> bool:
    """Whether A.png and a.png are one file in `folder`, as far as what is there tells."""
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    try:
        with os.scandir(folder) as entries:
            samples = [Path(entry) for entry in islice(entries, 100)]
    except OSError:
        samples = []
    for path in (*samples, folder.absolute()):
        swapped = path.with_name(path.name.swapcase())
        if swapped.name != path.name:
            return swapped.exists() and path.exists() and swapped.samefile(path)
    return False


def _wishes(source: Path, target: Path, names: Names) -> Iterator[Path]:
    if names.take(target):
        yield target
    if source.suffix.lower() != target.suffix.lower():
        target = target.with_stem(target.stem + source.suffix)
        if names.take(target):
            yield target
    yield names.numbered(target)
