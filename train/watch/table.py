"""The table of a run: one row a validation, as CSV that any spreadsheet opens."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from upscale.train.watch.reports import COLUMNS, GRADIENT, STEP, Row, losses_of

from upscale.atomic import write_bytes


class Table:
    """Rows in memory and in the file; where writing has failed, the next attempt writes all of them."""

    def __init__(self, path: Path) -> None:
        self.rows: list[Row] = []
        self._path = path
        self._columns: tuple[str, ...] = ()  # of the file; none while it has to be written anew

    def resume(self, step: int) -> None:
        """Take the rows of the file up to that step, and cut the rest. Raises OSError, OutputError."""
        self.rows = [row for row in read_table(self._path) if row[STEP] <= step]
        self._rewrite()

    def add(self, row: Row) -> None:
        """One more row, on its way to the disk at return. Raises OSError, OutputError."""
        self.rows.append(row)
        if row.keys() - set(self._columns):
            self._rewrite()
            return
        known, self._columns = self._columns, ()
        with self._path.open("ab") as file:
            file.write(_lines(known, [row]))
        self._columns = known

    def _rewrite(self) -> None:
        columns = _columns(self.rows)
        self._columns = ()
        write_bytes(self._path, _lines(columns, [dict(zip(columns, columns, strict=True)), *self.rows]))
        self._columns = columns


def read_table(path: Path) -> list[Row]:
    """The rows of a table, without those that a killed run left unfinished; none where there is no table."""
    try:
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            return [row for row in map(_row, csv.DictReader(file)) if row is not None]
    except (FileNotFoundError, csv.Error):
        return []


def _row(fields: dict[str | None, str | None | list[str]]) -> Row | None:
    # A line that is too long has fields under None, one that is too short has None in fields.
    try:
        row = {str(name): float(str(field)) for name, field in fields.items() if field != ""}
    except ValueError:
        return None
    return row if STEP in row and None not in fields else None


def _columns(rows: Sequence[Row]) -> tuple[str, ...]:
    named = {name: None for row in rows for name in row}
    losses = losses_of(list(rows))
    others = [name for name in named if name not in COLUMNS and name not in losses and not name.startswith(GRADIENT)]
    return (*COLUMNS, *losses, *others, *(name for name in named if name.startswith(GRADIENT)))


def _lines(columns: Sequence[str], rows: Sequence[Row | dict[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_field(row.get(name, "")) for name in columns] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def _field(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.10g}"
