"""One run at a time for one output."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from upscale.atomic import lock
from upscale.errors import OutputError, UsageError, reason


@contextmanager
def claimed(out: Path) -> Iterator[None]:
    """Hold a lock on `<out>.state.lock` meanwhile; the system drops it with the process, the empty file stays.

    Raises UsageError where another run holds it, OutputError where no file can be made there.
    """
    path = _lock_of(out)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("wb")
    except OSError as error:
        raise _cannot_write(out, error) from error
    with file:
        _lock(file, out)
        yield


def check_unclaimed(out: Path) -> None:
    """UsageError where a run holds the lock, which may not have saved a state yet. Nothing is written.

    Raises OutputError where no run can ever have been.
    """
    try:
        file = _lock_of(out).open("rb")
    except FileNotFoundError:
        return
    except OSError as error:
        raise _cannot_write(out, error) from error
    with file:
        _lock(file, out)


def _cannot_write(out: Path, error: OSError) -> OutputError:
    return OutputError(f"cannot write {out}: {reason(error)}")


def _lock_of(out: Path) -> Path:
    return out.with_name(out.name + ".state.lock")


def _lock(file: BinaryIO, out: Path) -> None:
    try:
        lock(file, wait=False)
    except BlockingIOError:
        raise UsageError(f"another training writes {out} just now; wait for it, or give another --out") from None
    except OSError:  # a disk without locks: two runs at once stay the user's own care
        pass
