from pathlib import Path

import pytest

from upscale.batch.existing import settle
from upscale.batch.jobs import Job
from upscale.batch.outcome import Outcome
from upscale.images.medium import fallback


@pytest.fixture
def jobs(tmp_path: Path) -> list[Job]:
    """Of two jobs the first one's target exists."""
    (tmp_path / "a.png").write_bytes(b"old")
    return [Job(tmp_path / "in.png", tmp_path / "a.png"), Job(tmp_path / "in2.png", tmp_path / "b.png")]


@pytest.mark.parametrize(("exists", "status"), [("skip", "skipped"), ("error", "failed")])
def test_existing_outputs_leave_nothing_to_do(exists: str, status: str, jobs: list[Job]) -> None:
    first, second = settle(jobs, exists)
    assert isinstance(first, Outcome)
    assert first.status == status
    assert "a.png exists" in str(first.error)
    assert second == jobs[1]


def test_overwrite_keeps_and_rename_moves(jobs: list[Job]) -> None:
    assert settle(jobs, "overwrite") == jobs
    renamed = settle([*jobs, Job(jobs[0].source, jobs[0].target.with_name("a_1.png"))], "rename")
    assert [item.target.name for item in renamed if isinstance(item, Job)] == ["a_2.png", "b.png", "a_1.png"]


def test_a_png_that_an_earlier_run_fell_back_to_counts(tmp_path: Path) -> None:
    job = Job(tmp_path / "a.webp", tmp_path / "out.webp")
    (tmp_path / "out.webp.png").write_bytes(b"old")
    [skipped] = settle([job], "skip", fallback)
    assert isinstance(skipped, Outcome)
    assert (skipped.status, skipped.job.target.name) == ("skipped", "out.webp.png")
    [failed] = settle([job], "error", fallback)
    assert isinstance(failed, Outcome) and failed.status == "failed"
    assert settle([job], "skip") == settle([job], "overwrite", fallback) == [job]


def test_targets_that_cannot_be_fail_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    for name, message in (("x" * 252 + ".png", "--suffix or --name can make it shorter"), ("folder.png", "a folder")):
        for exists in ("skip", "overwrite", "rename", "error"):
            [failed] = settle([Job(tmp_path / "a.png", tmp_path / name)], exists)
            assert isinstance(failed, Outcome)
            assert failed.status == "failed" and message in str(failed.error)


def test_a_target_that_is_its_source_under_another_name_is_not_overwritten(tmp_path: Path) -> None:
    """As on a file system that ignores case."""
    (tmp_path / "a.PNG").write_bytes(b"original")
    (tmp_path / "a.png").symlink_to("a.PNG")
    [failed] = settle([Job(tmp_path / "a.PNG", tmp_path / "a.png")], "overwrite")
    assert isinstance(failed, Outcome)
    assert "would replace" in str(failed.error)


def test_the_longest_names_are_there_or_not_like_others(tmp_path: Path) -> None:
    """Their fallback's name would be too long."""
    job = Job(tmp_path / "a.jpg", tmp_path / ("x" * 251 + ".jpg"))
    for exists in ("skip", "error", "overwrite", "rename"):
        assert settle([job], exists, fallback) == [job]
    job.target.write_bytes(b"old")
    statuses = {"skip": ("skipped", "exists"), "error": ("failed", "exists"), "rename": ("failed", "shorter")}
    for exists, (status, message) in statuses.items():
        [outcome] = settle([job], exists, fallback)
        assert isinstance(outcome, Outcome)
        assert outcome.status == status and message in str(outcome.error)
