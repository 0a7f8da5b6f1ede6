"""Folders of small training pictures, and what a run makes of them."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from upscale.train.config import TrainConfig
from upscale.train.data.batches import Batches
from upscale.train.data.loading import Pictures, load_pictures

CPU = torch.device("cpu")


def save(path: Path, height: int, width: int) -> NDArray[np.uint8]:
    """A picture of noise, other for every name and size; its pixels are returned."""
    path.parent.mkdir(parents=True, exist_ok=True)
    seed = [height, width, *path.name.encode(errors="surrogateescape")]
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    with path.open("wb") as file:
        Image.fromarray(pixels).save(file, format="PNG" if path.suffix == ".png" else None)
    return pixels


def config_of(data: Path, **changes: object) -> TrainConfig:
    """Twice the size, crops of 5, batches of 4."""
    settings: dict[str, object] = {"data": data, "out": data.parent / "out.safetensors", "scale": 2, "crop": 5}
    return TrainConfig(**(settings | {"batch": 4, "seed": 7} | changes))  # type: ignore[arg-type]


def load(data: Path, **changes: object) -> Pictures:
    """The pictures of a folder, on the CPU."""
    return load_pictures(config_of(data, **changes), CPU)


def batches_of(data: Path, share: tuple[int, int] = (0, 1), **changes: object) -> Batches:
    """The batches of a folder, on the CPU."""
    return Batches(config_of(data, **changes), load(data, **changes).training, CPU, share)
