"""A run that is killed again and again ends as if it had never been."""

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import Run, started
from library import write_library

WORDS = ("images", "-m", "nearest", "-s", 2, "--device", "cpu", "-r", "-j", 3)


@pytest.mark.parametrize(
    ("files", "kills"), [pytest.param(30, 2, id="short"), pytest.param(300, 20, id="full", marks=pytest.mark.slow)]
)
def test_killed_and_restarted_ends_like_an_undisturbed_run(
    files: int, kills: int, tmp_path: Path, run_here: Callable[..., Run]
) -> None:
    source, wanted, out = tmp_path / "in", tmp_path / "wanted", tmp_path / "out"
    write_library(source, files)
    assert run_here(*WORDS, source, "-o", wanted).code == 0
    whole = contents(wanted)
    assert len(whole) == files
    rng = random.Random(0)
    finished: dict[Path, tuple[int, int]] = {}
    for left in range(kills, 0, -1):
        # Between two kills so much is done that all of them fall into the work.
        goal = len(finished) + rng.randint(0, 2 * (files - len(finished)) // (left + 1))
        kill_at(goal, source, out, rng)
        assert contents(out).items() <= whole.items()
        now = marks(out)
        assert finished.items() <= now.items()
        finished = now
    last = run_here(*WORDS, source, "-o", out, "--json")
    assert statuses(last) == {"skipped": len(finished), "done": files - len(finished), "failed": 0}
    assert contents(out) == whole
    assert finished.items() <= marks(out).items()
    assert [path for path in out.rglob("*") if path.is_file() and path.relative_to(out) not in whole] == []


def kill_at(goal: int, source: Path, out: Path, rng: random.Random) -> None:
    """Run until so many results are there, and a moment longer; then not a word more."""
    with started(*WORDS, source, "-o", out) as process:
        while len(results(out)) < goal and process.poll() is None:
            time.sleep(0.001)
        time.sleep(rng.random() * 0.03)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def results(folder: Path) -> list[Path]:
    """All files that are not hidden."""
    return [path for path in folder.rglob("[!.]*") if path.is_file()]


def contents(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in results(folder)}


def marks(folder: Path) -> dict[Path, tuple[int, int]]:
    """What a file that is written once more would not keep."""
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in results(folder)}


def statuses(run: Run) -> dict[str, Any]:
    summary = run.events()[-1]
    return {name: summary[name] for name in ("skipped", "done", "failed")}
