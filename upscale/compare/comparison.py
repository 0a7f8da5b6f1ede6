"""A whole comparison: files matched, shown one after the other, summed up, and written as one page or not at all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from upscale.atomic import make_folder, replacing
from upscale.compare.items import Failed, Item
from upscale.compare.matching import Match, Matched, match, spread, truth_of
from upscale.compare.page import Page
from upscale.compare.scores import Mean, Score, mean, protocol
from upscale.compare.sources import Column, is_clip
from upscale.errors import UsageError
from upscale.units import size

LIMIT_BYTES = 200_000_000
"""The most that a page may have: more is slow to open, and phones refuse it."""


@dataclass(frozen=True)
class Contents:
    """What is compared. `lonely`: files that have no partner; `unmeasured`: matches that have no original."""

    columns: Sequence[Column]
    matches: Sequence[Match]
    lonely: Sequence[Path]
    unmeasured: Sequence[str]
    has_truth: bool


def contents(columns: Sequence[Column], truth: Column | None, count: int | None = None) -> Contents:
    """Match the files of all columns, and originals with them; `count`: of how many matches, None for all.

    Raises UsageError where nothing fits.
    """
    if columns[0].is_folder:
        matched = match([column.files for column in columns])
    else:
        matched = Matched([Match(tuple(column.files[0] for column in columns))], [])
    if not matched.matches:
        raise UsageError(
            f"{' and '.join(column.title for column in columns)} have no pictures in common;"
            " names are matched as baby.png with babyx4.png or baby_x4.jpg"
        )
    matches = spread(matched.matches, count)
    if truth is None:
        return Contents(columns, _watched(matches), matched.lonely, [], has_truth=False)
    matches = _watched([replace(one, truth=_original(one, truth)) for one in matches])
    unmeasured = [one.name for one in matches if one.truth is None]
    if len(unmeasured) == len(matches):
        raise UsageError(f"{truth.title} has no original for {unmeasured[0]}; originals are found by name, as baby.png")
    return Contents(columns, matches, matched.lonely, unmeasured, has_truth=True)


def _watched(matches: Sequence[Match]) -> list[Match]:
    """The same, knowing which of their files move."""
    return [replace(one, moving=tuple(path for path in one.all_files if is_clip(path))) for one in matches]


def _original(one: Match, truth: Column) -> Path | None:
    """A single file is the original whatever it is called."""
    return truth_of(one.files, truth.files) if truth.is_folder else truth.files[0]


@dataclass(frozen=True)
class Result:
    """What was written. `scores`: the means of each column, where there are some."""

    items: int
    size_bytes: int
    scores: dict[str, Mean]
    failed: list[Failed]


def write_page(
    target: Path, given: Contents, shown: Iterable[Item | Failed], scale: int, limit_bytes: int = LIMIT_BYTES
) -> Result:
    """Write the page whole or not at all.

    `scale`: for the protocol. Raises the first file's error where nothing can be shown, UsageError for more than
    `limit_bytes`, OutputError where it cannot be written.
    """
    make_folder(target.parent)
    sums = _Sums()
    with replacing(target) as aside, aside.open("wb") as file:
        page = Page(file, title(given.columns))
        for one in shown:
            if isinstance(one, Item):
                page.add(one)
                _refuse_large(page.size_bytes, sums.count, limit_bytes)
            sums.add(one)
        if not sums.count:
            raise sums.failed[0].error
        page.close(_facts(given, sums, scale))
        size_bytes = page.size_bytes
    means = {column.title: found for column, found in zip(given.columns, sums.means(given), strict=True) if found}
    return Result(sums.count, size_bytes, means, sums.failed)


def title(columns: Sequence[Column]) -> str:
    """A against B."""
    return " · ".join(column.title for column in columns)


class _Sums:
    """What is known of all items so far."""

    def __init__(self) -> None:
        self.count = 0
        self.failed: list[Failed] = []
        self._scores: list[list[Score | None]] = []

    def add(self, one: Item | Failed) -> None:
        if isinstance(one, Failed):
            self.failed.append(one)
            return
        self.count += 1
        self._scores.append([pane.score for pane in one.panes])

    def means(self, given: Contents) -> list[Mean | None]:
        """One for each column."""
        return [mean([scores[place] for scores in self._scores]) for place in range(len(given.columns))]


def _refuse_large(size_bytes: int, before: int, limit_bytes: int) -> None:
    """`before`: items that the page had room for."""
    if size_bytes > limit_bytes:
        fewer = f", --pictures {before} takes fewer" if before else ""
        raise UsageError(
            f"the page would be larger than {size(limit_bytes)}, with room for {before} of its pictures:"
            f" --max-side 1600 or --quality 90 makes them smaller{fewer}"
        )


def _facts(given: Contents, sums: _Sums, scale: int) -> dict[str, object]:
    """What the page says about all items."""
    means = [None if found is None else str(found) for found in sums.means(given)]
    names = [column.title for column in given.columns]
    return {
        "columns": [*names, "original"] if given.has_truth else names,
        "protocol": protocol(scale) if any(means) else None,
        "means": means,
        "lonely": [str(Path(path.parent.name, path.name)) for path in given.lonely],
        "failed": [one.name for one in sums.failed if not one.shown],
        "partly": [one.name for one in sums.failed if one.shown],
        "unmeasured": list(given.unmeasured),
    }
