"""A run's log through its public face, with the troubles that come from outside."""

import csv
import logging
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from disks import small_disk_at
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from upscale.train.config import TrainConfig
from upscale.train.watch.reports import D_FAKE, D_REAL, Sample, StepReport, Validation
from upscale.train.watch.watch import Watch, log_folder

NOISE = np.random.default_rng(0).integers(0, 256, (24, 24, 3), np.uint8)
SCORES = Validation(25.0, 4.5, (0.1, -0.2, 0.3), 0.98, 0.7, (Sample("a.png", NOISE[:12, :12], NOISE, NOISE, 25.0),))


@pytest.fixture
def warned() -> Iterator[list[str]]:
    """What is logged as a warning."""
    told: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("upscale.train.watch.watch").addHandler(handler)
    yield told
    logging.getLogger("upscale.train.watch.watch").removeHandler(handler)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    with small_disk_at(tmp_path / "disk", "2m") as place:
        yield place


def config(folder: Path, name: str = "mine") -> TrainConfig:
    return TrainConfig(folder / "hr", folder / f"{name}.safetensors", losses={"l1": 1.0})


def report(step: int, **losses: float) -> StepReport:
    values: dict[str, float | torch.Tensor] = {"l1": torch.tensor(1 / step), **losses}
    return StepReport(step, 100, values, 1e-4, 0.5, {"network": torch.tensor(2.0)})


def watched(watch: Watch, first: int, last: int, every: int = 10, scores: Validation | None = SCORES) -> None:
    """Steps from `first` to `last`, validated now and then."""
    for step in range(first, last + 1):
        watch.step(report(step))
        if step % every == 0:
            watch.validation(step, scores)


def run(folder: Path, first: int, last: int) -> Path:
    made = config(folder)
    with Watch(made, log_folder(made.out), first - 1) as watch:
        watched(watch, first, last)
    return log_folder(made.out)


def rows(log: Path) -> list[dict[str, str]]:
    with (log / "table.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def events(log: Path, tag: str) -> list[int]:
    read = EventAccumulator(str(log), size_guidance={"scalars": 0})
    read.Reload()
    return [event.step for event in read.Scalars(tag)]


def test_the_log_lies_beside_the_weights(tmp_path: Path) -> None:
    log = run(tmp_path, 1, 20)
    assert log == tmp_path / "mine.log"
    kinds = {path.name.split(".")[0] for path in log.iterdir()}
    assert kinds == {"table", "curves", "sheet", "events"}
    for name in ("curves.png", "sheet.png"):
        with Image.open(log / name) as image:
            image.load()
            assert image.mode == "RGB" and min(image.size) > 100


def test_rows_hold_means_since_the_last_one_and_the_scores(tmp_path: Path) -> None:
    table = rows(run(tmp_path, 1, 20))
    assert [row["step"] for row in table] == ["10", "20"]
    assert float(table[1]["l1"]) == pytest.approx(np.mean([1 / step for step in range(11, 21)]), rel=1e-5)
    expected = {
        "psnr_y": 25,
        "niqe": 4.5,
        "drift_green": -0.2,
        "learning_rate": 1e-4,
        "seconds": 0.5,
        "gradient_network": 2,
    }
    assert {name: float(table[1][name]) for name in expected} == pytest.approx(expected)


def test_a_run_that_goes_on_cuts_what_lies_beyond_its_step(tmp_path: Path) -> None:
    run(tmp_path, 1, 50)
    log = run(tmp_path, 31, 60)
    assert [int(row["step"]) for row in rows(log)] == [10, 20, 30, 40, 50, 60]
    assert events(log, "losses/l1") == [10, 20, 30, 40, 50, 60]
    assert [path.name for path in tmp_path.iterdir()] == ["mine.log"]


def test_resumed_and_straight_tables_are_equal(tmp_path: Path) -> None:
    straight = run(tmp_path / "a", 1, 60)
    run(tmp_path / "b", 1, 40)
    broken = run(tmp_path / "b", 31, 60)
    assert (straight / "table.csv").read_bytes() == (broken / "table.csv").read_bytes()


def test_two_runs_never_mix(tmp_path: Path) -> None:
    old = (run(tmp_path, 1, 30) / "table.csv").read_bytes()
    for number in (1, 2):
        log = run(tmp_path, 1, 20 + number)
        assert len(rows(log)) == 2 and events(log, "losses/l1") == [10, 20]
        assert (tmp_path / f"mine.log.{number}").is_dir()
    assert (tmp_path / "mine.log.1" / "table.csv").read_bytes() == old


def test_without_validation_pictures_there_are_rows_all_the_same(tmp_path: Path) -> None:
    made = config(tmp_path)
    with Watch(made, log_folder(made.out)) as watch:
        watched(watch, 1, 20, scores=None)
    assert [row["psnr_y"] for row in rows(log_folder(made.out))] == ["", ""]
    assert not (log_folder(made.out) / "sheet.png").exists()


def test_pictures_too_small_for_niqe_are_told_once(tmp_path: Path, warned: list[str]) -> None:
    made = config(tmp_path)
    with Watch(made, log_folder(made.out)) as watch:
        watched(watch, 1, 50, scores=replace(SCORES, niqe=None, too_small=3))
    assert len(warned) == 1 and "3 validation pictures are too small" in warned[0]


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    made = config(tmp_path)
    with Watch(made, log_folder(made.out)) as watch:
        for step in range(1, 4001):
            sure = {D_REAL: 0.99, D_FAKE: 0.01, "gan": 3 + step / 2000, "d": 0.02}
            watch.step(report(step, **sure))
            said = watch.validation(step, None) if step % 500 == 0 else None
            assert step > 1000 or said is None
    assert said is not None and said.startswith("the discriminator wins")


@pytest.mark.parametrize("name", ["Größe 漢字", "\udce9"])
def test_any_name_will_do(tmp_path: Path, name: str, warned: list[str]) -> None:
    made = replace(config(tmp_path, name), data=tmp_path / name)
    with Watch(made, log_folder(made.out)) as watch:
        watched(watch, 1, 10)
    assert len(list(log_folder(made.out).iterdir())) == 4 and warned == []


def test_a_disk_that_fills_is_told_once_and_the_table_is_whole_once_there_is_room(
    small_disk: Path, warned: list[str]
) -> None:
    made, ballast = config(small_disk), small_disk / "ballast"
    log = log_folder(made.out)
    with Watch(made, log) as watch:
        watched(watch, 1, 10)
        ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free))
        watched(watch, 11, 2000)
        assert len(warned) == 1 and "no space left on device" in warned[0] and str(log) in warned[0]
        assert len(rows(log)) < 200
        ballast.unlink()
        watched(watch, 2001, 2010)
    assert [int(row["step"]) for row in rows(log)] == list(range(10, 2011, 10))
    assert len(warned) == 1
    with Image.open(log / "curves.png") as image:
        image.load()
    assert not [path for path in log.iterdir() if path.name.startswith(".")]


def test_a_disk_that_is_full_from_the_start(small_disk: Path, warned: list[str]) -> None:
    made = config(small_disk)
    (small_disk / "ballast").write_bytes(bytes(shutil.disk_usage(small_disk).free))
    with Watch(made, log_folder(made.out)) as watch:
        watched(watch, 1, 100)
    assert len(warned) == 1
    with Watch(made, log_folder(made.out), 50) as watch:
        watched(watch, 51, 100)
    assert len(warned) == 2


def test_a_file_in_the_folders_place_is_left_alone(tmp_path: Path, warned: list[str]) -> None:
    (tmp_path / "mine.log").write_text("a log of another kind")
    run(tmp_path, 1, 30)
    assert (tmp_path / "mine.log").read_text() == "a log of another kind"
    assert len(warned) == 1 and "mine.log" in warned[0]


def test_an_error_of_the_run_comes_through(tmp_path: Path) -> None:
    made = config(tmp_path)
    with pytest.raises(ZeroDivisionError), Watch(made, log_folder(made.out)) as watch:
        watched(watch, 1, 10)
        raise ZeroDivisionError
    assert len(rows(log_folder(made.out))) == 1


WITHOUT_TENSORBOARD = """
import sys
from pathlib import Path
sys.modules["tensorboard"] = None
from upscale.train.config import TrainConfig
from upscale.train.watch.reports import StepReport
from upscale.train.watch.watch import Watch
with Watch(TrainConfig(Path("hr"), Path("mine.safetensors")), Path("mine.log")) as watch:
    watch.step(StepReport(1, 1, {"l1": 1.0}, 1e-4, 0.5))
    watch.validation(1, None)
"""


def test_tensorboard_need_not_be_there(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    code = f"import sys; sys.path.insert(0, {str(root)!r})\n{WITHOUT_TENSORBOARD}"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stderr == ""
    assert sorted(path.name for path in (tmp_path / "mine.log").iterdir()) == ["curves.png", "table.csv"]
