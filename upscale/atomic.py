"""Files that are either whole or absent: written aside, synced, then renamed."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from upscale.errors import OutputError

_STEM_BYTES = 80


class Asides:
    """Paths that are being written to, for whoever leaves threads alone that are still writing."""

    def __init__(self) -> None:
        self._paths: set[Path] = set()

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


@contextmanager
def replacing(target: Path, asides: Asides | None = None) -> Iterator[Path]:
    """Yield a path beside `target` to write to; on success it replaces `target`, on failure it is removed.

    The temporary name keeps the suffix, which encoders choose their format by. Raises OutputError, naming
    the target, for whatever the file system refuses (full disk, missing permission, missing folder).
    """
    asides = asides or Asides()
    # Names may have 255 bytes, not characters.
    stem = os.fsdecode(os.fsencode(target.stem)[:_STEM_BYTES]) if target.stem.isascii() else ""
    aside = target.with_name(f".{stem}.{secrets.token_hex(4)}.part{target.suffix}")
    asides.add(aside)
    try:
        try:
            yield aside
            sync(aside)
            aside.replace(target)
        finally:
            asides.discard(aside)
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write {target}: {_reason(error)}") from error


def write_bytes(target: Path, content: bytes) -> None:
    """Write `content` to `target` so that a reader sees the old file or the new one, never a part."""
    with replacing(target) as aside:
        aside.write_bytes(content)


def sync(path: Path) -> None:
    """Force the file to the disk; a full disk shows here at the latest. Raises OSError."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _reason(error: OSError) -> str:
    return error.strerror.lower() if error.strerror else str(error)
