"""The network's stage of the pipeline: pictures in, enlarged pictures out, in order."""

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Literal

import numpy as np
import torch

from upscale.engine.scaling import ScalePlan, enlarge, resize
from upscale.engine.upscaler import Upscaler
from upscale.errors import UpscaleError
from upscale.images.jobs import Job
from upscale.images.layers import Layer
from upscale.images.outcome import Outcome
from upscale.images.picture import Picture, Samples
from upscale.images.transparency import bleed

Alpha = Literal["model", "resize", "drop"]


@dataclass(frozen=True, eq=False)
class Loaded:
    """A job with its picture: before the network the source's, after it the result's."""

    job: Job
    picture: Picture
    started_s: float
    note: str | None = None


@dataclass(frozen=True)
class Enlarger:
    """The engine as pictures need it. `alpha`: through the network as gray, or by bicubic interpolation.

    `on_pixels` is told how many pixels of results have come out since it was last called.
    """

    upscaler: Upscaler
    plan: ScalePlan
    alpha: Alpha = "model"
    on_pixels: Callable[[int], None] = lambda count: None


@dataclass
class _Entry:
    """What has been pulled into the engine and not yet come out; an Outcome waits for its turn."""

    item: Loaded | Outcome
    layers: list[Layer] = field(default_factory=list)
    results: list[Samples] = field(default_factory=list)


def enlarge_pictures(enlarger: Enlarger, items: Iterable[Loaded | Outcome]) -> Generator[Loaded | Outcome, None, None]:
    """Results in the order of `items`, pulled as the engine asks for them; outcomes pass through.

    A picture that the engine cannot do becomes a failed outcome, and the engine begins anew behind it.
    """
    waiting: deque[_Entry] = deque()
    entries = _noted(enlarger, items, waiting)
    while True:
        try:
            for layer, samples in _results(enlarger, _layers(entries)):
                next(entry for entry in waiting if entry.item is layer.owner).results.append(samples)
                yield from _ready(enlarger, waiting)
            break
        except UpscaleError as error:
            _fail_first(waiting, error)
        yield from _ready(enlarger, waiting)
        entries = chain(list(waiting), entries)
    yield from _ready(enlarger, waiting)


def _noted(enlarger: Enlarger, items: Iterable[Loaded | Outcome], waiting: deque[_Entry]) -> Iterator[_Entry]:
    """Each item as an entry of `waiting`, with what the network has to see of it."""
    device = torch.device(enlarger.upscaler.device)
    for item in items:
        entry = _Entry(item)
        if isinstance(item, Loaded):
            entry.layers = [Layer(samples, item, device) for samples in _seen(item.picture, enlarger.alpha)]
        waiting.append(entry)
        yield entry


def _layers(entries: Iterable[_Entry]) -> Iterator[Layer]:
    """What the network has yet to see, also of pictures that it has seen in part before it failed."""
    for entry in entries:
        entry.results = []
        yield from entry.layers


def _fail_first(waiting: deque[_Entry], error: UpscaleError) -> None:
    """Blame the first unfinished picture: large ones, which are those that fail, run alone."""
    entry = next(entry for entry in waiting if entry.layers)
    if isinstance(entry.item, Loaded):
        seconds = time.perf_counter() - entry.item.started_s
        entry.item = Outcome(entry.item.job, "failed", seconds, f"cannot enlarge {entry.item.job.source}: {error}")
    entry.layers, entry.results = [], []


def _seen(picture: Picture, alpha: Alpha) -> list[Samples]:
    """Colours and, where the network is to enlarge it and it is not flat, alpha."""
    if picture.alpha is None or not picture.transparent:
        return [picture.pixels]
    colours = bleed(picture.pixels, picture.alpha)
    return [colours, picture.alpha] if alpha == "model" and not _flat(picture.alpha) else [colours]


def _results(enlarger: Enlarger, layers: Iterable[Layer]) -> Iterator[tuple[Layer, Samples]]:
    """Enlarged samples; with one pass and no resize band by band, so that no whole float picture is held."""
    if enlarger.plan.passes == 1 and not enlarger.plan.needs_resize:
        yield from _by_bands(enlarger, layers)
        return
    for layer, sr in enlarge(enlarger.upscaler, enlarger.plan, layers):
        enlarger.on_pixels(sr.shape[1] * sr.shape[2])
        yield layer, layer.quantise(sr)


def _by_bands(enlarger: Enlarger, layers: Iterable[Layer]) -> Iterator[tuple[Layer, Samples]]:
    scale = enlarger.upscaler.scale
    canvas = np.empty(0)
    for band in enlarger.upscaler.stream(layers):
        layer, bottom = band.source, band.top + band.rows.shape[1]
        assert isinstance(layer, Layer)  # the engine gives back the very sources it was given
        height, width, channels = layer.samples.shape
        if band.top == 0:
            canvas = np.empty((height * scale, width * scale, channels), layer.samples.dtype)
        canvas[band.top : bottom] = layer.quantise(band.rows)
        enlarger.on_pixels(band.rows.shape[1] * band.rows.shape[2])
        if bottom == canvas.shape[0]:
            yield layer, canvas


def _ready(enlarger: Enlarger, waiting: deque[_Entry]) -> Iterator[Loaded | Outcome]:
    """Everything complete at the head of the queue."""
    while waiting and len(waiting[0].results) == len(waiting[0].layers):
        entry = waiting.popleft()
        item = entry.item
        yield item if isinstance(item, Outcome) else _finished(enlarger, item, entry.results)


def _finished(enlarger: Enlarger, loaded: Loaded, results: list[Samples]) -> Loaded:
    pixels = results[0]
    alpha = loaded.picture.alpha
    if len(results) == 2:
        alpha = results[1]
    elif alpha is not None:
        alpha = _resized(alpha, pixels.shape[0], pixels.shape[1], torch.device(enlarger.upscaler.device))
    return replace(loaded, picture=loaded.picture.with_samples(pixels, alpha))


def _resized(alpha: Samples, height: int, width: int, device: torch.device) -> Samples:
    """Antialiased bicubic; flat alpha stays exactly what it was. Shape: (height, width, 1)."""
    if _flat(alpha):
        return np.full((height, width, 1), alpha[0, 0, 0], alpha.dtype)
    layer = Layer(alpha, None, device)
    return layer.quantise(resize(layer.read(0, layer.height), height, width))


def _flat(samples: Samples) -> bool:
    return bool((samples == samples[0, 0]).all())
