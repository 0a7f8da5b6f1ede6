"""What TensorBoard itself reads back."""

import io
from pathlib import Path

import numpy as np
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from upscale.train.watch.board import Board


def read(folder: Path) -> EventAccumulator:
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0, "images": 0})
    events.Reload()
    return events


def test_scalars_and_pictures_come_back(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    board = Board(tmp_path, 0)
    for step in (500, 1000):
        row = {
            "step": float(step),
            "psnr_y": 25.5,
            "l1": 0.125,
            "D(real)": 0.75,
            "gradient_network": 2.0,
            "seconds": 1.0,
        }
        board.add(row)
    board.show("samples", pixels, row)
    events = read(tmp_path)  # before it is closed: nothing is held back
    board.close()
    assert sorted(events.Tags()["scalars"]) == [
        "discriminator/D_real", "gradients/network", "losses/l1", "run/seconds", "validation/psnr_y",
    ]  # fmt: skip
    assert [(event.step, event.value) for event in events.Scalars("losses/l1")] == [(500, 0.125), (1000, 0.125)]
    (shown,) = events.Images("samples")
    with Image.open(io.BytesIO(shown.encoded_image_string)) as image:
        assert shown.step == 1000 and np.array_equal(np.asarray(image), pixels)


def test_a_resumed_run_drops_what_lies_beyond_its_step(tmp_path: Path) -> None:
    first = Board(tmp_path, 0)
    for step in (10, 20, 30):
        first.add({"step": float(step), "l1": 1.0})
    first.close()
    second = Board(tmp_path, 20)
    second.add({"step": 25.0, "l1": 2.0})
    second.close()
    assert [(event.step, event.value) for event in read(tmp_path).Scalars("losses/l1")] == [(10, 1), (20, 1), (25, 2)]
