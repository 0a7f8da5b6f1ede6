"""What has been made of an unfinished clip, as lines of JSON that are only ever added to.

    {"facts": {name: value, ...}}                       what the segments depend on
    {"segment": {"number": 0, "frames": 250, ...}}      for each segment that lies closed on the disk
    {"ending": {"frames": 1234, ...}}                   once the source has been read to its end

A line counts from its newline on, and each is on the disk before the next thing is done: what a power cut leaves is
true, if perhaps a segment behind.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from upscale.atomic import sync_folder, write_bytes
from upscale.video.encoding.segments import Segment, segment_path


@dataclass(frozen=True)
class Ending:
    """What is known once the source has been read to its end."""

    frames: int
    notes: tuple[str, ...]
    damage: str | None


@dataclass(frozen=True)
class Journal:
    """A journal's contents; `facts` name what the segments depend on."""

    facts: Mapping[str, str]
    segments: tuple[Segment, ...] = ()
    ending: Ending | None = None

    @property
    def is_complete(self) -> bool:
        """Whether no segment is missing."""
        return self.ending is not None and sum(segment.frames for segment in self.segments) == self.ending.frames


def read_journal(path: Path) -> Journal | None:
    """What a run has written, without the segments that are not whole; None where there is nothing of use."""
    lines = list(_lines(path))
    try:
        found = [Segment(segment_path(path.parent, x["number"]), **x) for x in _all(lines, "segment")]
        endings = [Ending(**{**x, "notes": tuple(x["notes"])}) for x in _all(lines, "ending")]
        facts = lines[0]["facts"]
    except (IndexError, KeyError, TypeError, ValueError):  # another version's, or nobody's
        return None
    whole = tuple(segment for segment in found if _size(segment.path) == segment.size_bytes)
    return Journal(facts, whole, endings[-1] if endings else None)


def write_journal(path: Path, journal: Journal) -> None:
    """Write it anew, whole or not at all. Raises OutputError."""
    lines: list[dict[str, Any]] = [{"facts": dict(journal.facts)}]
    lines += map(segment_line, journal.segments)
    lines += [ending_line(journal.ending)] if journal.ending else []
    write_bytes(path, b"".join(map(_encoded, lines)))


def add_line(path: Path, line: Mapping[str, Any]) -> None:
    """Add a line to a journal; it is on the disk when this returns. Raises OSError."""
    with path.open("ab") as file:
        file.write(_encoded(line))
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def segment_line(segment: Segment) -> dict[str, Any]:
    """A closed segment; its path follows from its number."""
    return {"segment": {key: value for key, value in asdict(segment).items() if key != "path"}}


def ending_line(ending: Ending) -> dict[str, Any]:
    """The source's end."""
    return {"ending": asdict(ending)}


def _encoded(line: Mapping[str, Any]) -> bytes:
    return json.dumps(line).encode() + b"\n"


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines, up to the first that is none."""
    try:
        content = path.read_bytes()
    except OSError:
        return
    for line in content.splitlines(keepends=True):
        try:
            value = json.loads(line) if line.endswith(b"\n") else None
        except ValueError:
            return
        if not isinstance(value, dict):
            return
        yield value


def _all(lines: Iterable[dict[str, Any]], kind: str) -> list[Any]:
    return [line[kind] for line in lines if kind in line]


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
