"""Events for programs: one JSON object a line, on a standard stream or appended to a file, as they happen."""

import json
import logging
import os
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal

import typer

from upscale.errors import OutputError, UsageError, reason

logger = logging.getLogger(__name__)


class Events:
    """Takes events and writes each at once: to `stream`, if any, and with the time behind what `report` holds."""

    def __init__(self, stream: Literal["stdout", "stderr"] | None, report: Path | None = None) -> None:
        self._stream = stream
        self._report = report
        self._opened = ExitStack()
        self._file: BinaryIO | None = None

    def __enter__(self) -> "Events":
        if self._report is not None:
            try:
                # Unbuffered: a line is there whole when the program is killed behind it.
                self._file = self._opened.enter_context(self._report.open("ab", buffering=0))
                if _is_cut(self._report):
                    self._file.write(b"\n")
            except OSError as error:
                raise UsageError(f"cannot write the report {self._report}: {error.strerror}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def run(self, facts: Mapping[str, object]) -> None:
        """The beginning of a run, for the report alone, where runs follow each other."""
        self._append({"event": "run", **facts})

    def send(self, event: Mapping[str, object]) -> None:
        """Write one event."""
        self._append(event)
        if self._stream is None:
            return
        try:
            typer.echo(json.dumps(event), err=self._stream == "stderr")
        except BrokenPipeError:  # who listened has gone, which typer ends the program for
            raise
        except OSError as error:
            self._stream = None
            raise OutputError(f"cannot write events: {reason(error)}") from error

    def _append(self, event: Mapping[str, object]) -> None:
        if self._file is None:
            return
        line = json.dumps({**event, "time": datetime.now(UTC).isoformat(timespec="milliseconds")})
        try:
            self._file.write(line.encode() + b"\n")
        except OSError as error:  # such as a full disk, which is no reason to lose the rest of the batch
            logger.warning("the report %s ends here: %s", self._report, reason(error))
            self._file = None


def _is_cut(path: Path) -> bool:
    """Whether a killed run, or a full disk, has left half a line."""
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"
