import itertools
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import pyvips
from PIL import Image

from upscale.batch.jobs import Job
from upscale.batch.outcome import Outcome
from upscale.engine.scaling import plan_scale
from upscale.engine.sizes import SizeWish
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.images.enlarging import Alpha, Enlarger
from upscale.images.image_io import read_picture
from upscale.images.pipeline import BatchOptions, enlarge_files


def enlarger(model: str = "nearest", scale: float = 2, alpha: Alpha = "model") -> Enlarger:
    plan = plan_scale(model, scale)
    return Enlarger(Upscaler(plan.network, UpscaleOptions(device="cpu", dtype="fp32")), plan, alpha)


def run(jobs: list[Job], by: Enlarger | None = None, options: BatchOptions | None = None) -> list[Outcome]:
    return list(enlarge_files(jobs, by or enlarger(), options or BatchOptions()))


def doubled(samples: np.ndarray) -> np.ndarray:
    return samples.repeat(2, axis=0).repeat(2, axis=1)


@pytest.fixture
def gradient() -> np.ndarray:
    """16-bit RGBA with invisible, half visible and visible parts. Shape: (9, 12, 4)."""
    samples = np.arange(9 * 12 * 4, dtype=np.uint16).reshape(9, 12, 4) * 150
    samples[..., 3] = (np.arange(12, dtype=np.uint16) // 4) * 32767
    return samples


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_type_channels_and_values_are_kept(mode: str, dtype: type, gradient: np.ndarray, tmp_path: Path) -> None:
    samples = gradient if dtype == np.uint16 else (gradient >> 8).astype(np.uint8)
    if mode.startswith("L"):
        samples = samples[..., [0, 0, 0, 3]]
    source, target = tmp_path / "a.png", tmp_path / "out" / "b.png"
    if mode == "LA":
        if dtype == np.uint16:
            pytest.skip("no other library here writes 16-bit gray with alpha")
        Image.fromarray(np.ascontiguousarray(samples[..., [0, 3]])).save(source)
    else:
        kept = {"L": samples[..., 0], "RGB": samples[..., 2::-1], "RGBA": samples[..., [2, 1, 0, 3]]}[mode]
        cv2.imwrite(str(source), kept)
    [outcome] = run([Job(source, target)])
    assert (outcome.status, outcome.size_px) == ("done", (18, 24))
    picture = read_picture(target)
    assert picture.pixels.dtype == dtype
    assert picture.pixels.shape[2] == (1 if mode.startswith("L") else 3)
    expected = doubled(samples)
    seen = expected[..., 3] > 0 if mode.endswith("A") else np.ones(expected.shape[:2], bool)
    assert np.array_equal(picture.pixels[seen], expected[seen][:, : picture.pixels.shape[2]])
    if picture.alpha is not None:
        assert np.array_equal(picture.alpha[..., 0], expected[..., 3])
    assert (picture.alpha is not None) == mode.endswith("A")


@pytest.mark.parametrize(("alpha", "channels"), [("model", 4), ("resize", 4), ("drop", 3)])
def test_alpha_goes_the_way_asked_for(alpha: Alpha, channels: int, gradient: np.ndarray, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), gradient)
    [outcome] = run([Job(tmp_path / "a.png", tmp_path / "b.png")], enlarger(alpha=alpha))
    written = cv2.imread(str(tmp_path / "b.png"), cv2.IMREAD_UNCHANGED)
    assert outcome.status == "done"
    assert written.shape == (18, 24, channels)
    if alpha == "resize":  # a ramp instead of the steps that `nearest` makes
        assert len(np.unique(written[0, :, 3])) > 3


def test_hidden_colours_make_no_halo(tmp_path: Path) -> None:
    samples = np.zeros((16, 16, 4), np.uint8)  # invisible black around a white square
    samples[4:12, 4:12] = 255
    cv2.imwrite(str(tmp_path / "a.png"), samples)
    run([Job(tmp_path / "a.png", tmp_path / "b.png")], enlarger("bicubic"))
    written = cv2.imread(str(tmp_path / "b.png"), cv2.IMREAD_UNCHANGED)
    assert written[written[..., 3] > 0][:, :3].min() >= 254


@pytest.mark.parametrize(("scale", "size"), [(2.5, (50, 68)), (1, (20, 27)), (6, (120, 162))])
def test_any_scale_gives_its_size(scale: float, size: tuple[int, int], photo: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(photo).save(tmp_path / "a.png")
    [outcome] = run([Job(tmp_path / "a.png", tmp_path / "b.png")], enlarger("bicubic", scale))
    assert outcome.size_px == size
    written = cv2.imread(str(tmp_path / "b.png"))
    assert written.shape[:2] == size
    reference = cv2.resize(photo[..., ::-1], size[::-1], interpolation=cv2.INTER_CUBIC)
    assert np.abs(written.astype(float) - reference).mean() < 6  # the same picture, another kernel


def test_order_is_kept_and_bad_files_do_not_stop_the_batch(photo: np.ndarray, tmp_path: Path) -> None:
    jobs = []
    for index in range(14):
        source = tmp_path / f"{index}.png"
        if index % 5 == 3:
            source.write_bytes(b"no picture")
        else:
            Image.fromarray(photo[: 5 + index % 3]).save(source)
        jobs.append(Job(source, tmp_path / "out" / source.name))
    outcomes = run(jobs)
    assert [outcome.job for outcome in outcomes] == jobs
    assert [index for index, outcome in enumerate(outcomes) if outcome.status == "failed"] == [3, 8, 13]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        f"{index}.png" for index in range(14) if index % 5 != 3
    )
    for index in (0, 1, 2, 12):
        written = np.asarray(Image.fromarray(read_picture(jobs[index].target).pixels))
        assert np.array_equal(written, doubled(photo[: 5 + index % 3]))


def test_formats_that_cannot_hold_the_result_become_png(gradient: np.ndarray, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), gradient)
    job = Job(tmp_path / "a.png", tmp_path / "a_x2.jpg")
    [outcome] = run([job])
    assert outcome.job.target == tmp_path / "a_x2.jpg.png"
    assert "jpg has no transparency" in str(outcome.note)
    assert cv2.imread(str(outcome.job.target), cv2.IMREAD_UNCHANGED).dtype == np.uint16
    [again] = run([job])
    assert again.status == "skipped"


def test_a_format_that_was_asked_for_fails_instead(gradient: np.ndarray, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), gradient)
    job = Job(tmp_path / "a.png", tmp_path / "b.jpg")
    [outcome] = run([job], options=BatchOptions(format_fixed=True))
    assert (outcome.status, job.target.exists()) == ("failed", False)
    assert "--alpha drop" in str(outcome.error)
    [dropped] = run([job], enlarger(alpha="drop"), BatchOptions(format_fixed=True))
    assert dropped.status == "done"
    assert "16 bits" in str(dropped.note)


def test_memory_does_not_grow_with_the_number_of_files(photo: np.ndarray, tmp_path: Path) -> None:
    """Jobs are pulled as their turn comes: a few are in flight, however many there are."""
    big = np.tile(photo, (7, 5, 1))  # above the size that shares a batch
    Image.fromarray(big).save(tmp_path / "a.png")
    pulled = itertools.count()

    def endless() -> Iterator[Job]:
        while True:
            yield Job(tmp_path / "a.png", tmp_path / f"out{next(pulled)}.png")

    outcomes = enlarge_files(endless(), enlarger(), BatchOptions())
    assert [next(outcomes).status for _ in range(8)] == ["done"] * 8
    outcomes.close()
    assert next(pulled) <= 8 + 8  # 3 read ahead, 1 in the network, 3 to be written, 1 asked for
    assert not list(tmp_path.glob(".*"))


def test_a_result_larger_than_the_memory_fails_alone(photo: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(np.zeros((9000, 9000), np.uint8)).save(tmp_path / "large.png")
    Image.fromarray(photo).save(tmp_path / "a.png")
    jobs = [Job(tmp_path / name, tmp_path / "out" / name) for name in ("large.png", "a.png")]
    by = enlarger(scale=2)
    large = Enlarger(by.upscaler, replace(by.plan, wish=SizeWish(64 * 64)), by.alpha)  # 1.4e15 bytes
    outcomes = enlarge_files(jobs[:1], large, BatchOptions())
    assert "GB of memory" in str(next(outcomes).error)
    assert run(jobs[1:])[0].status == "done"


def test_an_unwritable_folder_fails_its_items(photo: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(photo).save(tmp_path / "a.png")
    (tmp_path / "file").write_bytes(b"")
    [outcome] = run([Job(tmp_path / "a.png", tmp_path / "file" / "sub" / "b.png")])
    assert outcome.status == "failed"
    assert str(tmp_path / "file" / "sub") in str(outcome.error)


def test_pictures_are_read_while_the_network_works(photo: np.ndarray, tmp_path: Path) -> None:
    """The next source is open before the consumer asks for it: a fifo shows when."""
    fifo = tmp_path / "late.png"
    os.mkfifo(fifo)
    Image.fromarray(photo).save(tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()
    writer = threading.Thread(target=lambda: fifo.write_bytes(content))
    writer.start()
    jobs = [Job(tmp_path / "a.png", tmp_path / "o1.png"), Job(fifo, tmp_path / "o2.png")]
    outcomes = enlarge_files(jobs, enlarger(), BatchOptions())
    assert next(outcomes).status == "done"
    writer.join(timeout=10)
    assert not writer.is_alive()
    assert next(outcomes).status == "done"


def test_a_picture_the_engine_cannot_do_is_a_failed_item(photo: np.ndarray, tmp_path: Path) -> None:
    """Samples near the end of float32 overflow; those before and behind are done, in order."""
    wild = pyvips.Image.new_from_array(np.full((16, 16), 3e38, np.float32)).cast("float")
    jobs = []
    for index in range(4):
        source = tmp_path / f"{index}.png"
        Image.fromarray(photo).save(source)
        if index == 1:
            source = tmp_path / "wild.tiff"
            wild.tiffsave(str(source))
        jobs.append(Job(source, tmp_path / f"o{index}{source.suffix}"))
    outcomes = list(enlarge_files(jobs, enlarger(), BatchOptions()))
    assert [outcome.status for outcome in outcomes] == ["done", "failed", "done", "done"]
    assert [outcome.job for outcome in outcomes] == jobs
    assert outcomes[1].error is not None and "not finite" in outcomes[1].error


def test_samples_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    pixels = np.zeros((8, 8), np.float32)
    pixels[3, 3] = np.nan
    pyvips.Image.new_from_array(pixels).cast("float").tiffsave(str(tmp_path / "nan.tiff"))
    job = Job(tmp_path / "nan.tiff", tmp_path / "o.tiff")
    (outcome,) = enlarge_files([job], enlarger(), BatchOptions())
    assert outcome.error is not None and "no numbers" in outcome.error
