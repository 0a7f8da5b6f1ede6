import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from upscale.errors import OutputError
from upscale.video.encoding.segments import Segment, segment_path
from upscale.video.resume.journal import Ending
from upscale.video.resume.workplace import Workplace, folder_of, remove_finished, workplace

FACTS = {"--crf": "18", "the source": "7 bytes"}


class KilledError(Exception):
    """Stands for whatever ends a run."""


def made(place: Workplace, number: int, frames: int = 5) -> Segment:
    """A segment as a line makes it."""
    path = segment_path(place.folder, number)
    path.write_bytes(bytes(8))
    return Segment(path, number, frames, reordered=0, size_bytes=8)


def run(target: Path, numbers: range, facts: Mapping[str, str] = FACTS, *, resume: bool = True) -> Workplace:
    """A run that makes some segments and begins another, and then ends."""
    with pytest.raises(KilledError), workplace(target, facts, resume=resume) as place:
        for number in numbers:
            place.add(made(place, number))
        made(place, 99)
        raise KilledError
    return place


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_was_journalled_is_there_again_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "a.mp4"
    run(target, range(2))
    assert names(folder_of(target)) == ["000000.packets", "000001.packets", "journal", "lock"]
    with workplace(target, FACTS, resume=True) as place:
        assert (place.frames, sorted(place.segments)) == (10, [0, 1])
        assert place.notes == ("10 frames are there from an earlier run",)
    assert names(tmp_path) == []


def test_a_killed_runs_half_segment_goes(tmp_path: Path) -> None:
    """Without a word of farewell; the lock goes with the process."""
    target = tmp_path / "a.mp4"
    child = os.fork()
    if child == 0:
        with workplace(target, FACTS, resume=True) as place:
            place.add(made(place, 0))
            made(place, 1)
            (place.folder / ".journal.upscale-01234567").write_bytes(b"half")
            os._exit(0)
    os.waitpid(child, 0)
    assert len(names(folder_of(target))) == 5
    with workplace(target, FACTS, resume=True) as place:
        assert sorted(place.segments) == [0]
        assert names(place.folder) == ["000000.packets", "journal", "lock"]


def test_a_run_that_has_made_nothing_leaves_nothing(tmp_path: Path) -> None:
    run(tmp_path / "a.mp4", range(0))
    assert names(tmp_path) == []


def test_other_facts_start_afresh_and_say_which(tmp_path: Path) -> None:
    target = tmp_path / "a.mp4"
    run(target, range(300))
    changed = run(target, range(1), {**FACTS, "--crf": "20"})
    assert changed.notes == ("--crf changed since 1,500 frames of it were made: starting afresh",)
    with workplace(target, {"--crf": "20", "--preset": "slow"}, resume=True) as place:
        assert place.segments == {}
        assert "--preset, the source changed since 5 frames" in place.notes[0]


def test_a_run_that_made_nothing_does_not_leave_its_facts(tmp_path: Path) -> None:
    """Killed before its first segment: the next one's segments are made of what that one was told."""
    target = tmp_path / "a.mp4"
    child = os.fork()
    if child == 0:
        with workplace(target, FACTS, resume=True):
            os._exit(0)
    os.waitpid(child, 0)
    other = {**FACTS, "--crf": "20"}
    assert run(target, range(2), other).notes == ()
    with workplace(target, other, resume=True) as place:
        assert (place.frames, place.notes) == (10, ("10 frames are there from an earlier run",))


def test_a_frame_that_is_in_no_segment_is_an_error(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="6 frames were decoded, but 5 encoded"),
        workplace(tmp_path / "a.mp4", FACTS, resume=True) as place,
    ):
        place.add(made(place, 0))
        place.end(Ending(6, (), None))


def test_without_resume_nothing_is_taken_over_and_nothing_said(tmp_path: Path) -> None:
    target = tmp_path / "a.mp4"
    run(target, range(3))
    with workplace(target, FACTS, resume=False) as place:
        assert (place.segments, place.notes) == ({}, ())
        assert names(place.folder) == ["journal", "lock"]


def test_a_lost_segment_is_made_again(tmp_path: Path) -> None:
    target = tmp_path / "a.mp4"
    run(target, range(3))
    with pytest.raises(KilledError), workplace(target, FACTS, resume=True) as place:
        place.end(Ending(15, (), None))
        raise KilledError
    segment_path(folder_of(target), 1).unlink()
    with workplace(target, FACTS, resume=True) as place:
        assert (sorted(place.segments), place.ending) == ([0, 2], None)
        with pytest.raises(OutputError, match="a segment is missing"):
            place.in_order()
        place.add(made(place, 1))
        assert [segment.number for segment in place.in_order()] == [0, 1, 2]


def test_the_second_run_on_a_target_is_refused_and_harms_nothing(tmp_path: Path) -> None:
    target = tmp_path / "a.mp4"
    with workplace(target, FACTS, resume=True) as place:
        place.add(made(place, 0))
        with pytest.raises(OutputError, match="another run is making"), workplace(target, FACTS, resume=False):
            pass
        assert names(place.folder) == ["000000.packets", "journal", "lock"]
        with workplace(tmp_path / "b.mp4", FACTS, resume=True):
            pass


def test_any_name_has_a_folder_of_its_own(tmp_path: Path) -> None:
    targets = [tmp_path / f"{'x' * 249}{end}.mp4" for end in "ab"] + [tmp_path / ("漢" * 83 + ".mp4")]
    assert len({folder_of(target) for target in targets}) == 3
    for target in targets:
        run(target, range(1))
        with workplace(target, FACTS, resume=True) as place:
            assert place.frames == 5


def test_what_the_file_system_refuses_is_said(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="cannot make the folder .* no such file"),
        workplace(tmp_path / "none" / "a.mp4", FACTS, resume=True),
    ):
        pass


def test_a_folder_that_was_left_between_the_last_two_steps_is_removed(tmp_path: Path) -> None:
    target = tmp_path / "a.mp4"
    run(target, range(1))
    target.write_bytes(b"an older result, or a stranger's")
    os.utime(target, (1, 1))
    remove_finished(target)
    assert folder_of(target).exists()
    with pytest.raises(KilledError), workplace(target, FACTS, resume=True) as place:
        place.end(Ending(5, (), None))
        raise KilledError
    remove_finished(target)
    assert folder_of(target).exists()
    target.write_bytes(b"the result")
    remove_finished(target)
    assert names(tmp_path) == ["a.mp4"]
