"""Names of sources from a list: @list.txt, or @- for standard input."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from upscale.errors import UsageError, reason

STREAM = "-"
"""One picture from standard input, or to standard output."""


def is_list(word: str) -> bool:
    """Whether a SOURCE is @FILE, a list of names, and not itself a file."""
    return word.startswith("@") and len(word) > 1 and not os.path.lexists(word)


@dataclass(frozen=True)
class Listed:
    """A source's name, and where it was said: empty, or the beginning of a sentence about it."""

    name: str
    where: str = ""


def listed(word: str) -> list[Listed]:
    """The names in a list, one a line, or each behind a NUL (`find -print0`); any other SOURCE is its own name.

    Names are bytes, whatever text they may be. Raises UsageError for a list that cannot be read.
    """
    if not is_list(word):
        return [Listed(word)]
    try:
        content = sys.stdin.buffer.read() if word == "@-" else Path(word[1:]).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the list {word[1:]}: {reason(error)}") from error
    content = content.removeprefix(b"\xef\xbb\xbf")  # what Windows' editors begin UTF-8 with
    names = content.split(b"\0") if b"\0" in content else [line.rstrip(b"\r") for line in content.split(b"\n")]
    where, unit = "standard input" if word == "@-" else word[1:], "name" if b"\0" in content else "line"
    return [
        Listed(os.fsdecode(name), f"{where}, {unit} {number}: ") for number, name in enumerate(names, 1) if name.strip()
    ]
