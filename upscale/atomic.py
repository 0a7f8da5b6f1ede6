"""Files that are either whole or absent: written aside, synced, then renamed."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from upscale.errors import OutputError

_STEM_BYTES = 80


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield a path beside `target` to write to; on success it replaces `target`, on failure it is removed.

    The temporary name keeps the suffix, which encoders choose their format by. Raises OutputError, naming
    the target, for whatever the file system refuses (full disk, missing permission, missing folder).
    """
    # Names may have 255 bytes, not characters.
    stem = os.fsdecode(os.fsencode(target.stem)[:_STEM_BYTES]) if target.stem.isascii() else ""
    aside = target.with_name(f".{stem}.{secrets.token_hex(4)}.part{target.suffix}")
    try:
        try:
            yield aside
            _sync(aside)
            aside.replace(target)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write {target}: {_reason(error)}") from error


def write_bytes(target: Path, content: bytes) -> None:
    """Write `content` to `target` so that a reader sees the old file or the new one, never a part."""
    with replacing(target) as aside:
        aside.write_bytes(content)


def _sync(path: Path) -> None:
    """Force the file to the disk; a full disk shows here at the latest."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _reason(error: OSError) -> str:
    return error.strerror.lower() if error.strerror else str(error)
