"""The folder beside a target where its segments wait, and which outlives a run that does not come to its end.

A run holds a lock in it, which the system drops with the process. What the journal does not name, a killed run has
left half done.
"""

import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from upscale.atomic import lock, sync_folder
from upscale.errors import OutputError, reason
from upscale.video.encoding.segments import SEGMENT_SUFFIX, Segment
from upscale.video.resume.facts import differences
from upscale.video.resume.journal import (
    Ending,
    Journal,
    add_line,
    ending_line,
    read_journal,
    segment_line,
    write_journal,
)

_SUFFIX = ".upscale-segments"
_LONGEST_NAME_BYTES = 255
_JOURNAL, _LOCK = "journal", "lock"


@dataclass
class Workplace:
    """What has been made of a clip so far: `segments` by their numbers, and how the source ended, once that is known.

    `notes`: what became of an earlier run's work.
    """

    folder: Path
    notes: tuple[str, ...] = ()
    segments: dict[int, Segment] = field(default_factory=dict)
    ending: Ending | None = None

    @property
    def frames(self) -> int:
        """How many frames are in the segments."""
        return sum(segment.frames for segment in self.segments.values())

    def in_order(self) -> list[Segment]:
        """The segments by the time they are shown. Raises OutputError where one is missing."""
        numbers = sorted(self.segments)
        if numbers != list(range(len(numbers))):
            raise OutputError(f"a segment is missing in {self.folder}; run the same command again")
        return [self.segments[number] for number in numbers]

    def add(self, segment: Segment) -> None:
        """Count a segment that lies closed on the disk. Raises OutputError."""
        self._write(lambda: add_line(self.folder / _JOURNAL, segment_line(segment)))
        self.segments[segment.number] = segment

    def end(self, ending: Ending) -> None:
        """The source has been read to its end. Raises OutputError, also where a frame of it is in no segment."""
        if self.frames != ending.frames:
            raise OutputError(f"{ending.frames} frames were decoded, but {self.frames} encoded")
        self._write(lambda: add_line(self.folder / _JOURNAL, ending_line(ending)))
        self.ending = ending

    def check_room(self) -> None:
        """Raise OutputError where the disk has no room for the joined segments beside the segments."""
        needed = sum(segment.size_bytes for segment in self.segments.values())
        try:
            free = shutil.disk_usage(self.folder).free
        except OSError:  # a disk that does not tell
            return
        if free < needed:
            raise OutputError(
                f"the disk of {self.folder.parent} has no room for the result: {_megabytes(needed)} are needed, "
                f"{_megabytes(free)} are free"
            )

    def _write(self, writing: Callable[[], None]) -> None:
        try:
            writing()
        except OSError as error:
            raise OutputError(f"cannot write {self.folder / _JOURNAL}: {reason(error)}") from error


@contextmanager
def workplace(target: Path, facts: Mapping[str, str], *, resume: bool) -> Iterator[Workplace]:
    """The folder where `target` is made, with what an earlier run of the same `facts` has left if `resume`.

    It is gone in the end if all went well, or if it holds nothing of use. Raises OutputError where it cannot be made,
    and if another run is working there.
    """
    folder = folder_of(target)
    with _locked(folder, target) as locked:
        place, finished = Workplace(folder), False
        try:
            _take_over(place, facts, resume=resume)
            yield place
            finished = True
        finally:
            _tidy(folder, [] if finished else list(place.segments.values()), locked)


def folder_of(target: Path) -> Path:
    """Where the segments of `target` wait: hidden beside it, on the same disk."""
    name = f".{target.name}{_SUFFIX}"
    if len(os.fsencode(name)) > _LONGEST_NAME_BYTES:
        name = f".{hashlib.sha256(os.fsencode(target.name)).hexdigest()}{_SUFFIX}"
    return target.with_name(name)


def remove_finished(target: Path) -> None:
    """Remove the folder of a run that was killed after the target was whole, and before its folder was gone."""
    folder = folder_of(target)
    journal = read_journal(folder / _JOURNAL)
    with suppress(OSError, OutputError):
        if journal and journal.ending and target.stat().st_mtime_ns >= (folder / _JOURNAL).stat().st_mtime_ns:
            with _locked(folder, target) as locked:
                _tidy(folder, [], locked)


def _take_over(place: Workplace, facts: Mapping[str, str], *, resume: bool) -> None:
    """What an earlier run has left, or nothing; the journal is written anew, all else is removed."""
    path = place.folder / _JOURNAL
    old = read_journal(path)
    changed = differences(old.facts, facts) if old else []
    journal = old if old and resume and not changed else Journal(facts)
    place.segments = {segment.number: segment for segment in journal.segments}
    place.ending = journal.ending if journal.is_complete else None
    frames = sum(segment.frames for segment in old.segments) if old and resume else 0
    if frames and changed:
        place.notes = (f"{', '.join(changed)} changed since {frames:,} frames of it were made: starting afresh",)
    elif frames:
        place.notes = (f"{frames:,} frames are there from an earlier run",)
    _remove_all_but(place.folder, journal.segments)
    write_journal(path, journal)
    sync_folder(place.folder)


@contextmanager
def _locked(folder: Path, target: Path) -> Iterator[BinaryIO]:
    """Make the folder if need be, and hold its lock. Raises OutputError."""
    try:
        file = _lock_file(folder)
        while file is None:
            file = _lock_file(folder)
    except BlockingIOError:
        raise OutputError(f"another run is making {target}; let it finish, or name another output") from None
    except OSError as error:
        raise OutputError(f"cannot make the folder {folder}: {reason(error)}") from error
    with file:
        yield file


def _lock_file(folder: Path) -> BinaryIO | None:
    """The folder's lock, held; None if another run has just removed it. Raises OSError."""
    folder.mkdir(exist_ok=True)
    path = folder / _LOCK
    try:
        file = path.open("ab")
    except FileNotFoundError:
        return None
    try:
        lock(file, wait=False)
    except BlockingIOError:
        file.close()
        raise
    except OSError:  # no locks, as on some network disks
        return file
    with suppress(FileNotFoundError):
        if path.stat().st_ino == os.fstat(file.fileno()).st_ino:
            return file
    file.close()
    return None


def _tidy(folder: Path, segments: list[Segment], locked: BinaryIO) -> None:
    """Keep these segments and their journal; without any, remove the folder."""
    if segments:
        _remove_all_but(folder, segments)
        return
    if sys.platform == "win32":  # which removes no open file
        locked.close()
    _remove_all_but(folder, [])
    with suppress(OSError):
        # The journal after the segments: what is killed in between is known by it.
        (folder / _JOURNAL).unlink(missing_ok=True)
        (folder / _LOCK).unlink(missing_ok=True)
        folder.rmdir()


def _remove_all_but(folder: Path, segments: Iterable[Segment]) -> None:
    kept = {segment.path for segment in segments}
    with suppress(OSError):
        for path in set(folder.glob(f"*{SEGMENT_SUFFIX}")) - kept:
            path.unlink(missing_ok=True)


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"
