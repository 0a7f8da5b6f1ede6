"""What a batch is made of."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Medium:
    """A kind of source, pictures or clips: how its files are recognised, and what their results become.

    `name`: one of them, in a word. `format_of_name`: the format that a name claims, None for a name of something else.
    `targets`: the formats that are written. `is_searched`: whether a folder's file counts by its name, unread; else
    the first `head_bytes` of it go to `sniff`, which is None for something else. `is_matched`: whether a glob's match
    counts in spite of both. `is_series`: whether a word that is no file's name stands for one source in many files.
    `extension`: of a source's result, with its dot. `fallback`: where a result goes that `extension` cannot hold.
    `option`: what chooses another. `witness`: the file that shows that a target is there.
    """

    name: str
    format_of_name: Callable[[Path], str | None]
    targets: Collection[str]
    is_searched: Callable[[Path], bool]
    sniff: Callable[[bytes, Path], str | None]
    head_bytes: int
    extension: Callable[[Path], str]
    option: str
    is_matched: Callable[[Path], bool] = lambda path: False
    is_series: Callable[[str], bool] = lambda word: False
    fallback: Callable[[Path], Path] = lambda target: target
    witness: Callable[[Path], Path] = lambda target: target
