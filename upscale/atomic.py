"""Files that are either whole or absent: written aside, synced, then renamed.

A process that is killed leaves its asides behind. Who writes holds a lock on its aside, which the system drops with the
process: so the next run knows what is left over, and removes it.
"""

import os
import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from upscale.errors import OutputError, reason

_STEM_BYTES = 80
# Hidden: no run takes an aside for a picture. A stem may hold a newline.
_ASIDE = re.compile(r"\..*\.upscale-[0-9a-f]{8}(\.[^.]*)?", re.DOTALL)


class Asides:
    """Paths that are being written to, for whoever leaves threads alone that are still writing."""

    def __init__(self) -> None:
        self._paths: set[Path] = set()
        self._folders: set[Path] = set()

    def add(self, path: Path) -> None:
        """A path that is written to from now on."""
        self._paths.add(path)

    def discard(self, path: Path) -> None:
        """It has been renamed, or removed."""
        self._paths.discard(path)

    def remove(self) -> None:
        """Remove what is left, so that its writers can no longer make a whole file of it."""
        for path in tuple(self._paths):
            with suppress(OSError):  # such as: not written to yet
                path.unlink()

    def clean(self, folder: Path) -> None:
        """Remove what killed runs have left in `folder`, when it is first written to."""
        if folder not in self._folders:
            self._folders.add(folder)
            remove_stale(folder)


@contextmanager
def replacing(target: Path, asides: Asides | None = None) -> Iterator[Path]:
    """Yield an empty file beside `target` to write to; on success it replaces `target`, on failure it is removed.

    The temporary name keeps the suffix, which encoders choose their format by. Raises OutputError, naming
    the target, for whatever the file system refuses (full disk, missing permission, missing folder).
    """
    asides = asides or Asides()
    asides.clean(target.parent)
    try:
        with _aside(target, asides) as (aside, file):
            yield aside
            sync(aside)
            if sys.platform == "win32":  # which renames no open file
                file.close()
            aside.replace(target)
    except OSError as error:
        raise OutputError(f"cannot write {target}: {reason(error)}") from error


def make_folder(folder: Path) -> None:
    """Make `folder`, and those that it lies in, where they are missing; raises OutputError, naming it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {folder}: {reason(error)}") from error


def write_bytes(target: Path, content: bytes) -> None:
    """Write `content` to `target` so that a reader sees the old file or the new one, never a part."""
    with replacing(target) as aside:
        aside.write_bytes(content)


def sync(path: Path) -> None:
    """Force the file to the disk; a full disk shows here at the latest. Raises OSError."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def lock(file: BinaryIO, *, wait: bool) -> None:
    """Lock a file until it is closed. Raises OSError where there are no locks and, without `wait`, if it has one.

    The latter is a BlockingIOError.
    """
    if sys.platform == "win32":  # which removes no open file
        return
    import fcntl

    fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)


def sync_folder(folder: Path) -> None:
    """Force a folder's list of names to the disk, so that new ones outlive a power cut; where that can be done."""
    if sys.platform == "win32":  # which opens no folders
        return
    with suppress(OSError):  # some network disks sync no folders
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def remove_stale(folder: Path) -> None:
    """Remove what killed runs have left in `folder`; what another process is writing stays, locked by it."""
    with suppress(OSError):  # no such folder yet, or none that may be listed
        for path in [Path(entry) for entry in os.scandir(folder) if _ASIDE.fullmatch(entry.name)]:
            with suppress(OSError), path.open("rb+") as file:
                lock(file, wait=False)
                path.unlink()


@contextmanager
def _aside(target: Path, asides: Asides) -> Iterator[tuple[Path, BinaryIO]]:
    """A new file beside `target`, locked while it is open; removed in the end, if it is still there."""
    # Names may have 255 bytes, not characters.
    stem = os.fsdecode(os.fsencode(target.stem)[:_STEM_BYTES]) if target.stem.isascii() else ""
    aside = target.with_name(f".{stem}.upscale-{secrets.token_hex(4)}{target.suffix}")
    asides.add(aside)
    try:
        with aside.open("xb") as file:
            with suppress(OSError):  # no locks, as on some network disks: there nobody removes anything
                lock(file, wait=True)
            # Another run may have found it in the moment before.
            if aside.exists():
                yield aside, file
                return
        with _aside(target, asides) as again:
            yield again
    finally:
        asides.discard(aside)
        aside.unlink(missing_ok=True)
