import json
from pathlib import Path

import pytest

from upscale.video.encoding.segments import Segment, segment_path
from upscale.video.resume.journal import (
    Ending,
    Journal,
    add_line,
    ending_line,
    read_journal,
    segment_line,
    write_journal,
)

FACTS = {"--crf": "18", "the source": "7 bytes"}
ENDING = Ending(19, ("a note",), "ten frames are missing")


def segment(folder: Path, number: int, frames: int = 5) -> Segment:
    """A segment and its file."""
    path = segment_path(folder, number)
    path.write_bytes(bytes(number + 1))
    return Segment(path, number, frames, reordered=3, size_bytes=number + 1, repeats=2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal with two segments and the source's end."""
    path = tmp_path / "journal"
    write_journal(path, Journal(FACTS, (segment(tmp_path, 0, 10),)))
    add_line(path, segment_line(segment(tmp_path, 1, 9)))
    add_line(path, ending_line(ENDING))
    return path


def test_what_is_written_is_read(path: Path) -> None:
    journal = read_journal(path)
    assert journal is not None
    assert journal == Journal(FACTS, (segment(path.parent, 0, 10), segment(path.parent, 1, 9)), ENDING)
    assert journal.is_complete
    write_journal(path, journal)
    assert read_journal(path) == journal


def test_cut_anywhere_it_says_what_was_true_before(path: Path) -> None:
    """A power cut may leave any part of the last line; nothing of an earlier one is lost, and nothing made up."""
    content = path.read_bytes()
    ends = [place + 1 for place, byte in enumerate(content) if byte == ord("\n")]
    for length in range(len(content) + 1):
        path.write_bytes(content[:length])
        whole = sum(end <= length for end in ends)
        journal = read_journal(path)
        if whole == 0:
            assert journal is None
        else:
            assert journal is not None
            assert len(journal.segments) == min(2, whole - 1)
            assert journal.ending == (ENDING if whole == 4 else None)


def test_a_segment_that_is_cut_short_or_gone_does_not_count(path: Path) -> None:
    for harm in (lambda file: file.write_bytes(b""), lambda file: file.unlink()):
        harm(segment_path(path.parent, 1))
        journal = read_journal(path)
        assert journal is not None
        assert [found.number for found in journal.segments] == [0]
        assert journal.ending == ENDING and not journal.is_complete


@pytest.mark.parametrize(
    "line", [b"\xff\xfe", b"[]", b"{}", b'{"facts": 3, "segment": 4}', b'{"facts": {}, "segment": {"number": "../x"}}']
)
def test_what_is_no_journal_holds_nothing(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "journal"
    path.write_bytes(line + b"\n")
    assert read_journal(path) is None
    path.unlink()
    assert read_journal(path) is None


def test_another_versions_entries_are_not_guessed_at(path: Path) -> None:
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    lines[1]["segment"]["colour"] = "blue"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert read_journal(path) is None
