"""What a dry run tells: true figures, and nothing left behind."""

import dataclasses
import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import training
from PIL import Image
from training import write_photos
from upscale.train.config import TrainConfig
from upscale.train.estimate import Estimate, estimate
from upscale.train.run import Control, train
from upscale.train.watch.reports import StepReport

from upscale.errors import UsageError
from upscale.models.srresnet import Srresnet, SrresnetConfig

GAN: dict[str, object] = {
    "losses": {"l1": 1.0, "gan": 1e-3}, "from_scratch": True, "gan": {"norm": "spectral", "d_steps": 2}
}  # fmt: skip
PHOTOS = 3


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three pictures, and one that is too small."""
    folder = write_photos(tmp_path / "hr", PHOTOS)
    Image.new("RGB", (8, 8)).save(folder / "small.png")
    return folder


def config_for(photos: Path, **changes: object) -> TrainConfig:
    """A run of 1000 steps."""
    return training.config_for(photos, photos.parent / "out.safetensors", **{"steps": 1000} | changes)


def files(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


@pytest.mark.parametrize("changes", [{}, GAN], ids=["content", "gan"])
def test_it_tells_what_the_run_would_be_and_leaves_nothing(photos: Path, changes: dict[str, object]) -> None:
    before = files(photos.parent)
    told = estimate(config_for(photos, **changes))
    assert files(photos.parent) == before
    network = Srresnet(SrresnetConfig(scale=2, **training.TINY))
    assert told.parameters == sum(item.numel() for item in network.parameters())
    assert bool(told.discriminator_parameters) == bool(changes)
    # Originals, and low resolutions of a quarter as many pixels.
    assert (told.pictures, told.pictures_bytes) == (PHOTOS, PHOTOS * 3 * 64 * 72 * 5 // 4)
    assert (told.steps, told.batch, told.parts) == (1000, 2, 1)
    assert told.step_s > 0
    assert told.seconds == pytest.approx(1000 * told.step_s)
    until = datetime.fromisoformat(told.ends) - datetime.now()
    assert abs(until - timedelta(seconds=told.seconds)) < timedelta(minutes=2)


def test_it_is_text_for_people_and_json_for_programs(photos: Path) -> None:
    told = estimate(config_for(photos))
    assert json.loads(json.dumps(dataclasses.asdict(told)))["steps"] == 1000
    lines = str(told).splitlines()
    assert [line.split()[0] for line in lines] == ["parameters", "pictures", "memory", "steps", "time", "writes"]
    assert f"{told.parameters:,}" in lines[0]
    assert "out.safetensors.state/" in lines[-1] and "out.log/" in lines[-1]


def test_minutes_become_steps(photos: Path) -> None:
    told = estimate(config_for(photos, minutes=2.0))
    assert told.steps == max(1, round(120 / told.step_s))
    assert told.seconds == pytest.approx(120, rel=0.01)


def test_a_resumed_run_has_fewer_steps_left(photos: Path) -> None:
    config = config_for(photos, steps=8)
    train(config, lambda _: None, Control(stop_at=3))
    before = files(photos.parent)
    assert estimate(config, resume=True).steps == 5
    assert estimate(config).steps == 8
    assert files(photos.parent) == before
    longer = config_for(photos, steps=20)
    with pytest.raises(UsageError, match="add --extend to make it 20"):
        estimate(longer, resume=True)
    assert estimate(longer, resume=True, extend=True).steps == 17


def test_a_resumed_run_by_time_has_the_steps_left_that_it_was_given(photos: Path) -> None:
    config = config_for(photos, steps=None, minutes=5.0)
    told: list[StepReport] = []
    known = Control(interrupted=lambda: bool(told) and told[-1].total > 0)
    with pytest.raises(KeyboardInterrupt):
        train(config, lambda progress: told.append(progress.report), known)
    left = told[-1].total - told[-1].step
    assert estimate(config, resume=True).steps == left
    longer = estimate(config_for(photos, steps=None, minutes=10.0), resume=True, extend=True)
    assert longer.steps == pytest.approx(600 / longer.step_s, rel=0.01)


def in_own_process(config: TrainConfig) -> Estimate:
    """Where no other test has left memory that is kept."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(estimate, config).result()


@pytest.mark.slow
def test_larger_crops_take_more_memory(photos: Path) -> None:
    small, large = (in_own_process(config_for(photos, crop=crop, batch=batch)) for crop, batch in ((8, 1), (20, 512)))
    if small.memory_bytes is None or large.memory_bytes is None:
        pytest.skip("this system does not tell a process's peak memory")
    # What one layer, of 4 x 8 channels before the shuffle, keeps for the backward pass.
    assert large.memory_bytes > small.memory_bytes + 512 * 32 * 20 * 20 * 4


def test_it_refuses_what_the_run_refuses(photos: Path) -> None:
    with pytest.raises(UsageError, match="pixels a side"):
        estimate(config_for(photos, crop=100))


def test_a_discriminator_and_parts_are_told_where_there_are_any() -> None:
    told = Estimate(
        device="cuda:0", dtype="bfloat16", parameters=10, discriminator_parameters=20, pictures=1, pictures_bytes=1,
        memory_bytes=2 * 10**9, batch=8, parts=4, steps=10, step_s=0.5, seconds=5.0, ends="2026-01-01T10:00",
        writes=("a",),
    )  # fmt: skip
    assert "discriminator 20" in str(told)
    assert "8 crops, each batch in 4 parts" in str(told)
    assert "2.0 GB, measured (peak of torch's allocator" in str(told)
