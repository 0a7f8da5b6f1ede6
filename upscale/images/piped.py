"""`-`: a picture from standard input, or to standard output, by way of a temporary folder."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from upscale.batch.lists import STREAM
from upscale.errors import BadInputError, OutputError, UsageError, reason
from upscale.images.formats import HEAD_BYTES, TARGETS, format_of_name, sniff
from upscale.images.gif_frames import has_frames


@dataclass(frozen=True)
class Pipes:
    """The command's sources and output as files. `folder` holds those that stand for streams, None without any.

    `delivers`: what is written goes to standard output.
    """

    words: list[str]
    out: str | None
    folder: Path | None = None
    delivers: bool = False

    def hidden(self, text: str) -> str:
        """Text without the temporary folder's name: what remains says which stream is meant."""
        return text if self.folder is None else text.replace(f"{self.folder}{os.sep}", "")


def uses_streams(words: Sequence[str], out: str | None) -> bool:
    """Whether a SOURCE, or OUT, is `-`."""
    return STREAM in (*words, out)


@contextmanager
def piped(words: list[str], out: str | None, extension: str) -> Iterator[Pipes]:
    """Files in place of streams, as long as the context lasts; the result goes to standard output at its end.

    `extension`: auto (the source's format, where we write it) or one of TARGETS. Raises UsageError where a stream
    makes no sense, BadInputError where nothing comes in, OutputError where nobody takes the result.
    """
    if not uses_streams(words, out):
        yield Pipes(words, out)
        return
    if len(words) != 1:
        raise UsageError("- is one picture, from standard input or to standard output; name no other source beside it")
    with tempfile.TemporaryDirectory(prefix="upscale-") as name:
        folder = Path(name)
        source = Path(words[0]) if words[0] != STREAM else _received(folder)
        delivers = out == STREAM or (out is None and words[0] == STREAM)
        result = folder / f"standard output.{_format(source) if extension == 'auto' else extension}"
        if delivers and (sys.stdout is None or sys.stdout.isatty()):
            raise UsageError("standard output is a terminal, or closed; give a file as output, or pipe it on")
        yield Pipes([str(source)], str(result) if delivers else out, folder, delivers)
        if delivers:
            _deliver(folder)


def _received(folder: Path) -> Path:
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("standard input is a terminal, or closed; pipe a picture into it, or name a file")
    path = folder / "standard input"
    try:
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
    except OSError as error:
        raise BadInputError(f"cannot keep standard input in {folder}: {reason(error)}") from error
    if path.stat().st_size == 0:
        raise BadInputError("cannot read standard input: it is empty")
    return path


def _format(source: Path) -> str:
    try:
        with source.open("rb") as file:
            name = sniff(file.read(HEAD_BYTES), source)
    except OSError:  # reading it will say why
        name = format_of_name(source)
    return name if name in TARGETS and (name != "gif" or has_frames(source)) else "png"


def _deliver(folder: Path) -> None:
    """Copy the result, whose extension may have changed on its way; nothing where there is none."""
    for result in folder.glob("standard output.*"):
        try:
            with result.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        except OSError as error:
            # Python would try again at its end, and complain.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise OutputError(f"cannot write to standard output: {reason(error)}") from error
