"""Paragraphs and tables of `QUALITY.md`."""

import textwrap
from collections.abc import Iterable, Sequence

NONE = "-"
_LINE = 120


def paragraph(text: str) -> list[str]:
    """Lines of the usual length."""
    return textwrap.wrap(" ".join(text.split()), _LINE, break_long_words=False, break_on_hyphens=False)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A row of words, a line, and the rest."""
    return [_row(head), "|---" * len(head) + "|", *map(_row, rows)]


def cell(value: float | None, digits: int) -> str:
    """A number, or a dash for none."""
    return NONE if value is None else f"{value:.{digits}f}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
