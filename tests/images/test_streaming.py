"""Results larger than a piece: written while they are computed, and the same as those that are not."""

import itertools
import resource
import threading
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import pyvips
from commands import interrupt, started, wait_until
from PIL import Image

from upscale.batch.jobs import Job
from upscale.batch.outcome import Outcome
from upscale.engine.scaling import plan_scale
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.images.enlarging import Alpha, Enlarger
from upscale.images.pipeline import BatchOptions, enlarge_files


def enlarger(model: str = "bicubic", scale: float = 2, *, alpha: Alpha = "model", piece_bytes: int = 200) -> Enlarger:
    plan = plan_scale(model, scale)
    upscaler = Upscaler(plan.network, UpscaleOptions(device="cpu", dtype="fp32"))
    return Enlarger(upscaler, plan, alpha, piece_bytes=piece_bytes)


def run(jobs: list[Job], by: Enlarger, options: BatchOptions | None = None) -> list[Outcome]:
    return list(enlarge_files(jobs, by, options or BatchOptions(exists="overwrite")))


def noise(path: Path, height: int = 40, width: int = 30, *, dtype: type = np.uint8, channels: int = 3) -> Path:
    samples = np.random.default_rng(height).integers(0, 256, (height, width, channels)).astype(dtype)
    path.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(path), samples * 257 if dtype == np.uint16 else samples)
    return path


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize(
    ("dtype", "suffix"),
    [(np.uint8, "png"), (np.uint8, "jpg"), (np.uint8, "webp"), (np.uint8, "tiff"), (np.uint8, "bmp")]
    + [(np.uint16, "png"), (np.uint16, "tiff"), (np.float32, "tiff")],
)
def test_the_file_is_the_same_in_any_number_of_pieces(dtype: type, suffix: str, channels: int, tmp_path: Path) -> None:
    kind = "tiff" if dtype == np.float32 else "png"
    source = noise(tmp_path / f"a.{kind}", dtype=dtype, channels=channels)
    alpha: Alpha = "drop" if suffix in ("jpg", "bmp") else "model"
    written = set()
    for piece_bytes in (1, 1500, 2**23):
        target = tmp_path / f"b.{suffix}"
        [outcome] = run([Job(source, target)], enlarger(alpha=alpha, piece_bytes=piece_bytes))
        assert (outcome.status, outcome.job.target) == ("done", target)
        written.add(target.read_bytes())
    assert len(written) == 1


@pytest.mark.parametrize("scale", [2, 2.5, 6])
@pytest.mark.parametrize("alpha", ["model", "resize"])
def test_every_way_to_the_size_gives_the_same_in_pieces(alpha: Alpha, scale: float, tmp_path: Path) -> None:
    source = noise(tmp_path / "a.png", channels=4)
    for name, piece_bytes in (("pieces", 200), ("whole", 2**23)):
        by = enlarger(scale=scale, alpha=alpha, piece_bytes=piece_bytes)
        assert run([Job(source, tmp_path / f"{name}.png")], by)[0].size_px == (40 * scale, 30 * scale)
    assert (tmp_path / "pieces.png").read_bytes() == (tmp_path / "whole.png").read_bytes()


def test_opaque_alpha_is_kept(tmp_path: Path) -> None:
    Image.fromarray(np.full((40, 30, 4), 255, np.uint8)).save(tmp_path / "a.png")
    run([Job(tmp_path / "a.png", tmp_path / "b.png")], enlarger("nearest"))
    with Image.open(tmp_path / "b.png") as image:
        assert (image.mode, image.size) == ("RGBA", (60, 80))
        assert np.asarray(image).min() == 255


def test_memory_does_not_grow_with_the_result(tmp_path: Path) -> None:
    """The result of 24 MB never is in memory as a whole, nor its half."""
    smooth = np.linspace(0, 255, 700 * 700 * 3).reshape(700, 700, 3).astype(np.uint8)
    Image.fromarray(smooth).save(tmp_path / "a.png")
    by = enlarger("nearest", 4, piece_bytes=2**17)
    tracemalloc.start()
    try:
        [outcome] = run([Job(tmp_path / "a.png", tmp_path / "b.jpg")], by)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (outcome.status, outcome.size_px) == ("done", (2800, 2800))
    assert peak < 10e6


@pytest.mark.parametrize("workers", [1, 2])
def test_an_engine_that_fails_half_way_leaves_nothing_and_goes_on(workers: int, tmp_path: Path) -> None:
    """Samples near the end of float32 overflow at the bottom of the second of four pictures."""
    wild = np.full((60, 40), 0.5, np.float32)
    wild[-1] = 3e38
    pyvips.Image.new_from_array(wild).cast("float").tiffsave(str(tmp_path / "1.tiff"))
    jobs = []
    for index in range(4):
        source = tmp_path / "1.tiff" if index == 1 else noise(tmp_path / f"{index}.png", 40 + index)
        jobs.append(Job(source, tmp_path / "out" / source.name))
    outcomes = run(jobs, enlarger(), BatchOptions(io_workers=workers))
    assert [(outcome.job, outcome.status) for outcome in outcomes] == list(
        zip(jobs, ["done", "failed", "done", "done"], strict=True)
    )
    assert f"cannot enlarge {tmp_path / '1.tiff'}: " in str(outcomes[1].error)
    assert "not finite" in str(outcomes[1].error)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["0.png", "2.png", "3.png"]


@pytest.mark.parametrize("suffix", ["png", "tiff", "jpg", "bmp"])
def test_a_disk_that_fills_up_half_way_fails_the_item_alone(suffix: str, tmp_path: Path) -> None:
    jobs = [
        Job(noise(tmp_path / f"{name}.png", height, 60), tmp_path / "out" / f"{name}.{suffix}")
        for name, height in (("large", 1000), ("small", 20))
    ]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        outcomes = run(jobs, enlarger("nearest"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [outcome.status for outcome in outcomes] == ["failed", "done"]
    assert f"cannot write {jobs[0].target}: file too large" in str(outcomes[0].error)
    assert [path.name for path in (tmp_path / "out").iterdir()] == [f"small.{suffix}"]


def test_the_network_stops_where_nothing_more_can_be_written(tmp_path: Path) -> None:
    """The folder of the result is a file: most of the picture is never computed."""
    (tmp_path / "file").write_bytes(b"")
    counts: list[int] = []
    job = Job(noise(tmp_path / "a.png", 4000, 10), tmp_path / "file" / "b.png")
    [outcome] = run([job], replace(enlarger("nearest", 4), on_pixels=counts.append))
    assert outcome.status == "failed"
    assert sum(counts) < 16 * 4000 * 10 / 2


def test_a_run_that_is_closed_half_way_leaves_nothing(tmp_path: Path) -> None:
    small, large = noise(tmp_path / "small.png", 8, 8), noise(tmp_path / "large.png", 3000, 40)
    begun = threading.Event()
    threads = threading.active_count()

    def jobs() -> Iterator[Job]:
        yield Job(small, tmp_path / "out" / "small.png")
        for index in itertools.count():
            yield Job(large, tmp_path / "out" / f"{index}.png")

    def note(count: int) -> None:
        if count > 16 * 16:
            begun.set()

    outcomes = enlarge_files(jobs(), replace(enlarger("nearest"), on_pixels=note), BatchOptions())
    assert next(outcomes).status == "done"
    assert begun.wait(timeout=20)
    outcomes.close()
    assert threading.active_count() == threads
    assert not [path for path in (tmp_path / "out").iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_ctrl_c_half_way_leaves_nothing(suffix: str, tmp_path: Path) -> None:
    noise(tmp_path / "in" / "a.png", 3000, 2000)
    words = ("images", "-m", "nearest", "-s", 4, "--device", "cpu", tmp_path / "in", tmp_path / "out", "--ext", suffix)
    with started(*words) as process:
        wait_until(process, lambda: any(path.stat().st_size > 2**20 for path in (tmp_path / "out").glob(".*")))
        result, seconds = interrupt(process)
    assert (result.code, "Traceback" in result.err) == (130, False)
    assert seconds < 5
    assert list((tmp_path / "out").iterdir()) == []
