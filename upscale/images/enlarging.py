"""The network's stage of the pipeline: pictures in, enlarged pictures out, in order."""

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

import torch

from upscale.engine.bands import SrBand
from upscale.engine.scaling import ScalePlan, enlarge
from upscale.engine.upscaler import Upscaler
from upscale.errors import UpscaleError
from upscale.flow.pipe import Control
from upscale.images.alpha import Alpha, interpolated, layers_of
from upscale.images.cutting import Part, cut
from upscale.images.jobs import Job
from upscale.images.layers import Layer
from upscale.images.outcome import Outcome
from upscale.images.picture import Picture, RowPicture, Samples, with_alpha
from upscale.images.pieces import Pieces

PIECE_BYTES = 2**23
"""What the encoder of a large result is given at once."""


@dataclass(frozen=True, eq=False)
class Loaded:
    """A job with its picture, before the network."""

    job: Job
    picture: Picture
    started_s: float
    note: str | None = None


@dataclass(frozen=True, eq=False)
class Enlarged:
    """A job with its result, whose later rows may still be in the network; `pieces` is to be closed in the end."""

    loaded: Loaded
    picture: RowPicture
    pieces: Pieces


@dataclass(frozen=True)
class Enlarger:
    """The engine as pictures need it. `alpha`: through the network as gray, or by bicubic interpolation.

    `on_pixels` is told how many pixels of results have come out since it was last called. `control` may stop the
    work between two bands. `piece_bytes`: results much larger go to their encoder in pieces of this size.
    """

    upscaler: Upscaler
    plan: ScalePlan
    alpha: Alpha = "model"
    on_pixels: Callable[[int], None] = lambda count: None
    control: Control = field(default_factory=Control)
    piece_bytes: int = PIECE_BYTES


@dataclass(eq=False)
class _Entry:
    """What has been pulled into the engine and not yet come out; an Outcome waits for its turn.

    Of `layers` the last holds the colours. `alpha` is the result's, whole; `result` is there once it has begun.
    """

    item: Loaded | Outcome
    layers: list[Layer] = field(default_factory=list)
    alpha: Samples | None = None
    result: Enlarged | None = None


def enlarge_pictures(
    enlarger: Enlarger, items: Iterable[Loaded | Outcome]
) -> Generator[Enlarged | Outcome, None, None]:
    """Results in the order of `items`, pulled as the engine asks for them; outcomes pass through.

    A result comes with its first piece. The others follow while the next result is being asked for, so another
    thread must take them, and there is an end to them however this generator ends. A picture that the engine cannot
    do becomes a failed outcome, or its pieces end in the error; the engine begins anew behind it.
    """
    waiting: deque[_Entry] = deque()
    entries = _noted(enlarger, items, waiting)
    try:
        while True:
            try:
                for part in cut(_bands(enlarger, _layers(entries)), enlarger.plan, enlarger.piece_bytes):
                    yield from _passed(waiting)
                    yield from _taken(enlarger, waiting, part)
                break
            except UpscaleError as error:
                _fail_first(waiting, error)
            yield from _passed(waiting)
            entries = chain(list(waiting), entries)
        yield from _passed(waiting)
    finally:
        for entry in waiting:
            if entry.result is not None:
                entry.result.pieces.end(UpscaleError(f"cannot enlarge {entry.result.loaded.job.source}: broken off"))


def _noted(enlarger: Enlarger, items: Iterable[Loaded | Outcome], waiting: deque[_Entry]) -> Iterator[_Entry]:
    """Each item as an entry of `waiting`, with what the network has to see of it."""
    device = torch.device(enlarger.upscaler.device)
    for item in items:
        entry = _Entry(item)
        if isinstance(item, Loaded):
            entry.layers = layers_of(item.picture, enlarger.alpha, device)
        waiting.append(entry)
        yield entry


def _layers(entries: Iterable[_Entry]) -> Iterator[Layer]:
    """What the network has yet to see, also of pictures that it has seen in part before it failed."""
    for entry in entries:
        entry.alpha = None
        yield from entry.layers


def _bands(enlarger: Enlarger, layers: Iterable[Layer]) -> Iterator[SrBand]:
    """What comes out of the network; with several passes or a resize each picture as one band."""
    if streams(enlarger.plan):
        bands: Iterable[SrBand] = enlarger.upscaler.stream(layers)
    else:
        bands = (SrBand(layer, 0, sr) for layer, sr in enlarge(enlarger.upscaler, enlarger.plan, layers))
    for band in bands:
        enlarger.control.check()
        enlarger.on_pixels(band.rows.shape[1] * band.rows.shape[2])
        yield band


def streams(plan: ScalePlan) -> bool:
    """Whether results come band by band, so that no whole float picture is held."""
    return plan.passes == 1 and not plan.needs_resize


def _passed(waiting: deque[_Entry]) -> Iterator[Outcome]:
    """The outcomes at the head of the queue."""
    while waiting and isinstance(outcome := waiting[0].item, Outcome):
        waiting.popleft()
        yield outcome


def _fail_first(waiting: deque[_Entry], error: UpscaleError) -> None:
    """Blame the first unfinished picture: large ones, which are those that fail, run alone."""
    entry = next(entry for entry in waiting if entry.layers)
    assert isinstance(entry.item, Loaded)  # outcomes have no layers
    job, reason = entry.item.job, f"cannot enlarge {entry.item.job.source}: {error}"
    if entry.result is not None:
        entry.result.pieces.end(UpscaleError(reason))
        waiting.remove(entry)
        return
    entry.item, entry.layers = Outcome(job, "failed", time.perf_counter() - entry.item.started_s, reason), []


def _taken(enlarger: Enlarger, waiting: deque[_Entry], part: Part) -> Iterator[Enlarged]:
    """Put a part of the first picture where it belongs; gives its result if this is the beginning."""
    entry, loaded = waiting[0], waiting[0].item
    assert isinstance(loaded, Loaded)  # parts come in the order of the pictures, and outcomes have been passed on
    if part.layer is not entry.layers[-1]:
        entry.alpha = part.samples
        return
    if part.top == 0:
        entry.result = _begun(enlarger, loaded, entry)
    assert entry.result is not None  # parts come from top to bottom
    bottom = part.top + part.samples.shape[0]
    alpha = None if entry.alpha is None else entry.alpha[part.top : bottom]
    entry.result.pieces.put(with_alpha(part.samples, alpha))
    if part.ends:
        entry.result.pieces.end()
        waiting.popleft()
    if part.top == 0:
        yield entry.result


def _begun(enlarger: Enlarger, loaded: Loaded, entry: _Entry) -> Enlarged:
    """The result that the first rows of the colours begin; from now on its alpha is known."""
    picture, pieces = loaded.picture, Pieces(enlarger.control)
    size_px = enlarger.plan.target_size(picture.height, picture.width)
    if picture.alpha is not None and entry.alpha is None:
        entry.alpha = interpolated(picture.alpha, size_px, torch.device(enlarger.upscaler.device))
    return Enlarged(loaded, RowPicture(picture, *size_px, pieces), pieces)
