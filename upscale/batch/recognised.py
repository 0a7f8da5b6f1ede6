"""Which files of folders and globs count as sources."""

import os
import stat
from pathlib import Path

from upscale.batch.medium import Medium


def is_listed(entry: os.DirEntry[str], medium: Medium) -> bool:
    """Whether a folder's entry counts, without a look at the disk for what is plain: a regular file with a name."""
    if entry.name.startswith(".") or entry.is_dir(follow_symlinks=False):
        return False
    if entry.is_file(follow_symlinks=False) and medium.is_searched(Path(entry.name)):
        return True
    return _looks_right(Path(entry.path), medium)


def is_matched(path: Path, medium: Medium) -> bool:
    """Whether what a glob matches counts."""
    return _looks_right(path, medium) or (not path.name.startswith(".") and medium.is_matched(path))


def _looks_right(path: Path, medium: Medium) -> bool:
    """By name first, which costs no reading; a file without a source's name that cannot be opened is none."""
    if path.name.startswith("."):
        return False
    named = medium.is_searched(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return False
        if named:
            return True
        with path.open("rb") as file:
            return medium.sniff(file.read(medium.head_bytes), path) is not None
    except OSError:
        return named
