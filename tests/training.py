"""Small training runs, for the tests of training."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from upscale.train.config import TrainConfig, configure
from upscale.train.run import Control, Progress, train

TINY = {"blocks": 1, "channels": 8, "norm": "none"}


def write_photos(folder: Path, count: int = 10) -> Path:
    """Smooth random pictures of 64 x 72 in a new folder: small, and not all the same."""
    folder.mkdir()
    generator = np.random.default_rng(0)
    for index in range(count):
        coarse = Image.fromarray(generator.integers(0, 256, (8, 9, 3), np.uint8))
        coarse.resize((72, 64), Image.Resampling.BICUBIC).save(folder / f"{index}.png")
    return folder


def config_for(photos: Path, out: Path, **changes: object) -> TrainConfig:
    """A run of eight steps at x2; `gan` is merged with the defaults."""
    settings: dict[str, object] = {
        "data": photos, "out": out, "model": "mine", "network": TINY, "scale": 2, "init": "auto", "steps": 8,
        "batch": 2, "crop": 8, "warmup": 2, "validate_every": 4, "save_every": 3, "device": "cpu", "dtype": "fp32",
    }  # fmt: skip
    return configure(settings | {key: value for key, value in changes.items() if value is None}, changes)


def gan_config_for(photos: Path, out: Path, gan: dict[str, object], **changes: object) -> TrainConfig:
    """The same with a discriminator, on crops that all of them can take."""
    losses = {"l1": 1.0, "gan": 1e-3}
    settings: dict[str, object] = {"losses": losses, "from_scratch": True, "crop": 16, "steps": 4, "save_every": 2}
    return config_for(photos, out, **settings | {"gan": gan} | changes)


def run(
    config: TrainConfig, *, resume: bool = False, extend: bool = False, stop_at: int | None = None
) -> list[Progress]:
    """What the run told after each of its steps."""
    progress: list[Progress] = []
    train(config, progress.append, Control(resume, extend, stop_at))
    return progress


def are_equal(one: Path, other: Path) -> bool:
    """Whether two weights files hold the same numbers, bit for bit."""
    first, second = load_file(one), load_file(other)
    return first.keys() == second.keys() and all(torch.equal(first[key], second[key]) for key in first)
