"""What can happen to a batch from outside: a disk that fills, folders and files that go away meanwhile."""

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from commands import Run, run_apart, when
from disks import files_limited_to, small_disk_at
from library import write_library

from upscale.batch.jobs import Job
from upscale.engine.scaling import plan_scale
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.images.enlarging import Enlarger
from upscale.images.pipeline import BatchOptions, enlarge_files

WORDS = ("images", "-m", "nearest", "-s", 2, "--device", "cpu", "--json")
# Root may write everywhere; without these two capabilities it may not.
UNPRIVILEGED = (
    "setpriv",
    "--bounding-set=-dac_override,-dac_read_search",
    "--inh-caps=-dac_override,-dac_read_search",
)
FILES = 20  # of failures no more are listed


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with pictures; what comes of them has 650 kB."""
    write_library(tmp_path / "in", FILES)
    return tmp_path / "in"


@pytest.fixture
def upscale(run_here: Callable[..., Run]) -> Callable[..., Run]:
    """`upscale images --model nearest --scale 2 --json ...` in this process."""
    return partial(run_here, *WORDS)


@pytest.fixture
def whole(source: Path, tmp_path: Path, upscale: Callable[..., Run]) -> dict[Path, bytes]:
    """The results of an undisturbed run."""
    folder = tmp_path / "whole"
    assert upscale("-r", source, folder / "").code == 0
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 400 kB."""
    with small_disk_at(tmp_path / "disk", "400k") as place:
        yield place


def test_a_disk_that_fills_half_way_keeps_what_is_whole(
    source: Path, small_disk: Path, whole: dict[Path, bytes], upscale: Callable[..., Run]
) -> None:
    run = upscale("-r", source, small_disk / "out")
    done = agree(run, small_disk / "out", whole)
    assert 0 < done < FILES
    assert "no space left on device" in run.err


def test_a_limit_on_the_size_of_files_keeps_what_is_whole(
    source: Path, whole: dict[Path, bytes], tmp_path: Path, upscale: Callable[..., Run]
) -> None:
    with files_limited_to(60_000):
        limited = upscale("-r", source, tmp_path / "out")
    done = agree(limited, tmp_path / "out", whole)
    assert 0 < done < FILES
    assert "file too large" in limited.err


@pytest.mark.skipif(shutil.which("setpriv") is None or os.geteuid() != 0, reason="needs root and setpriv")
def test_a_folder_that_may_not_be_written_fails_each_file(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir(mode=0o555)
    run = run_apart(*WORDS, source, "-o", out, prefix=UNPRIVILEGED)
    assert agree(run, out, {}) == 0
    assert f"cannot write {out}" in run.err and "permission denied" in run.err


def test_an_output_folder_that_vanishes_is_made_again(
    source: Path, tmp_path: Path, upscale: Callable[..., Run]
) -> None:
    """What was in it is lost, but neither the run nor what follows; the next run does the lost ones again."""
    write_library(source, 150)
    out = tmp_path / "out"
    with when(lambda: len(list(out.glob("[!.]*"))) > 2, lambda: shutil.rmtree(out, ignore_errors=True)):
        run = upscale(source, "-o", out)
    *pictures, summary = run.events()
    assert len(pictures) == 135 and "Traceback" not in run.err
    assert run.code == (1 if summary["failed"] else 0)
    assert Path(pictures[-1]["target"]).exists()
    again = upscale(source, "-o", out)
    assert again.code == 0
    assert {path.name for path in out.iterdir()} == {Path(event["target"]).name for event in pictures}


def test_a_source_that_goes_or_shrinks_after_the_planning_fails_alone(source: Path, tmp_path: Path) -> None:
    jobs = [Job(path, tmp_path / "out" / path.name) for path in sorted(source.glob("*.png"))]
    gone, shrunk, replaced, *kept = jobs

    def planned() -> Iterator[Job]:
        """Each is read after it has been given, and before the next is asked for."""
        gone.source.unlink()
        with shrunk.source.open("rb+") as file:
            file.truncate(200)
        replaced.source.unlink()
        replaced.source.mkdir()
        yield from jobs

    plan = plan_scale("nearest", 2)
    enlarger = Enlarger(Upscaler(plan.network, UpscaleOptions(device="cpu", dtype="fp32")), plan)
    outcomes = list(enlarge_files(planned(), enlarger, BatchOptions()))
    assert [outcome.job for outcome in outcomes if outcome.status == "done"] == kept
    errors = [str(outcome.error) for outcome in outcomes if outcome.status == "failed"]
    assert "no such file" in errors[0]
    assert "png: it is damaged, cut short" in errors[1]
    assert "is a directory" in errors[2]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {job.source.name for job in kept}


def agree(run: Run, out: Path, wanted: dict[Path, bytes]) -> int:
    """How many are done: their results are whole, nothing else is there, and each failure is told, with exit code 1."""
    *pictures, summary = run.events()
    there = {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert there.items() <= wanted.items()
    assert {out / name for name in there} == {Path(event["target"]) for event in pictures if event["status"] == "done"}
    assert summary["done"] + summary["failed"] == len(pictures)
    assert (run.code, "Traceback" in run.err) == (1, False)
    assert run.err.count("\nfailed: ") + run.err.startswith("failed: ") == summary["failed"]
    return int(summary["done"])
