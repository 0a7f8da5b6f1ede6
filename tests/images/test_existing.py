from pathlib import Path

import pytest

from upscale.images.existing import settle
from upscale.images.jobs import Job
from upscale.images.outcome import Outcome


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
