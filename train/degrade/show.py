"""The sheet of `upscale train --show-data`: pairs of the first steps, and what was done to each."""

from collections.abc import Iterator
from dataclasses import astuple
from itertools import count as counting
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor
from upscale.train.config import TrainConfig
from upscale.train.data.batches import Batches
from upscale.train.data.degraded import Part, surrounded
from upscale.train.data.loading import load_pictures
from upscale.train.data.places import Chooser
from upscale.train.data.store import Store
from upscale.train.degrade.grammar import parse_degradation
from upscale.train.degrade.plan import extent_of, plan
from upscale.train.degrade.steps import Drawn, Pixels, Step, tell, to_pixels
from upscale.train.randomness import numpy_for
from upscale.train.watch.sheet import ShownPair, pairs_sheet

from upscale.atomic import write_bytes
from upscale.plot.chart import as_png

# What no eye can tell is left out of the captions.
_UNSEEN = {"grid_top_px", "grid_left_px", "size_px", "height_px", "width_px", "angle"}


def show_data(config: TrainConfig, target: Path, count: int = 24) -> None:
    """Write a PNG of the first `count` pairs that training will see, to the pixel, and what was drawn for each.

    UsageError where nothing can be trained on, OutputError where `target` cannot be written.
    """
    store = load_pictures(config, torch.device("cpu")).training
    made = config.degrade if config.lr is None else f"low resolutions from {config.lr}"
    title = f"x{config.scale}, {made}, seed {config.seed}: the first crops of training"
    pairs = list(islice(shown_pairs(config, store), count))
    write_bytes(target, as_png(pairs_sheet(pairs, title)))


def shown_pairs(config: TrainConfig, store: Store) -> Iterator[ShownPair]:
    """Those of one step after the other, without end."""
    batches, chooser = Batches(config, store, torch.device("cpu")), Chooser(store, config.crop)
    for step in counting():
        places = zip(*(side.tolist() for side in astuple(chooser.draw(config.seed, step, config.batch))), strict=True)
        pairs = zip(places, *batches.at(step), strict=True)
        for number, ((picture, top, left, symmetry), lr, hr) in enumerate(pairs, step * config.batch):
            steps = drawn_steps(config, store, picture, Part(top, left, config.crop, config.crop, symmetry), number)
            note = ", ".join(_caption(tell(drawn)) for drawn in steps)
            yield ShownPair(store.names[picture], note, _pixels(lr), _pixels(hr))


def drawn_steps(config: TrainConfig, store: Store, picture: int, part: Part, number: int) -> list[Step]:
    """The steps of a crop by its number in the run, drawn once more; none where low resolutions are there already."""
    if store.lr is not None:
        return []
    degradation = parse_degradation(config.degrade)
    hr, _ = surrounded(store.hr_of(picture), part, config.scale, degradation.margin_px)
    return plan(extent_of(hr, config.scale), degradation, numpy_for(config.seed, number, "degrade"))


def _caption(drawn: Drawn) -> str:
    return str(Drawn(drawn.name, {name: value for name, value in drawn.numbers.items() if name not in _UNSEEN}))


def _pixels(picture: Tensor) -> Pixels:
    return to_pixels(picture.permute(1, 2, 0).numpy() * 255)
