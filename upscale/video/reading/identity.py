"""Whether a file is still the one that was opened."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Identity:
    """What tells a file from another under its name."""

    size_bytes: int
    modified_ns: int


def identify(source: Path) -> Identity | None:
    """A file's identity; None for what is none, such as a pattern of names, or is gone."""
    try:
        facts = source.stat()
    except OSError:
        return None
    return Identity(facts.st_size, facts.st_mtime_ns)
