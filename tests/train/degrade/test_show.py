"""The sheet of pairs shows what training will see, and says what was done to it."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from textures import texture
from upscale.train.config import TrainConfig
from upscale.train.data.batches import Batches
from upscale.train.data.degraded import Part, degraded, surrounded
from upscale.train.data.loading import load_pictures
from upscale.train.degrade.grammar import parse_degradation
from upscale.train.degrade.plan import extent_of, plan
from upscale.train.degrade.show import drawn_steps, show_data, shown_pairs
from upscale.train.degrade.steps import apply_all
from upscale.train.randomness import numpy_for

from upscale.errors import UsageError


def config_for(folder: Path, degrade: str) -> TrainConfig:
    for index in range(4):
        Image.fromarray(texture(64, 80, index)).save(folder / f"{index}.png")
    return TrainConfig(data=folder, out=folder / "out.safetensors", degrade=degrade, scale=2, crop=12, batch=3)


@pytest.mark.parametrize("degrade", ["bicubic", "real+haze"])
def test_pairs_are_those_of_training(degrade: str, tmp_path: Path) -> None:
    config = config_for(tmp_path, degrade)
    store = load_pictures(config, torch.device("cpu")).training
    pairs = list(islice(shown_pairs(config, store), 6))
    batches = Batches(config, store, torch.device("cpu"))
    for index, pair in enumerate(pairs):
        lr, hr = (side[index % 3].permute(1, 2, 0).numpy() * 255 for side in batches.at(index // 3))
        assert np.array_equal(pair.lr, np.rint(lr)) and np.array_equal(pair.hr, np.rint(hr))
        assert pair.name in store.kept_names
        assert ("resize" in pair.note) == (degrade != "bicubic")


def test_told_steps_are_those_that_were_done(tmp_path: Path) -> None:
    config = config_for(tmp_path, "real+rain=1")
    store = load_pictures(config, torch.device("cpu")).training
    picture, part = int(store.kept[0]), Part(5, 6, 12, 12, symmetry=5)
    degradation = parse_degradation(config.degrade)
    trained, _ = degraded(store.hr_of(picture), part, 2, degradation, numpy_for(config.seed, 7, "degrade"))
    hr, inner = surrounded(store.hr_of(picture), part, 2, degradation.margin_px)
    rng = numpy_for(config.seed, 7, "degrade")
    plan(extent_of(hr, 2), degradation, rng)  # takes from the generator what drawing takes
    told = drawn_steps(config, store, picture, part, number=7)
    assert np.array_equal(apply_all(told, hr, rng)[inner], trained)


@pytest.mark.parametrize("degrade", ["bicubic", "classic+rain"])
def test_the_sheet_is_a_picture(degrade: str, tmp_path: Path) -> None:
    show_data(config_for(tmp_path, degrade), tmp_path / "sheet.png", 5)
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.format == "PNG" and sheet.width > 400 and sheet.height > 400


def test_nothing_to_show_is_said(tmp_path: Path) -> None:
    config = TrainConfig(data=tmp_path, out=tmp_path / "out.safetensors", degrade="real")
    with pytest.raises(UsageError, match="no pictures"):
        show_data(config, tmp_path / "sheet.png")
    assert not (tmp_path / "sheet.png").exists()
