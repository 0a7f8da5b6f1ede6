"""The network's stage of the pipeline: pictures in, enlarged pictures out, in order."""

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch

from upscale.batch.jobs import Job
from upscale.batch.outcome import Outcome
from upscale.engine.bands import SrBand
from upscale.engine.enlarge import enlarged_bands
from upscale.engine.memory import is_out_of_memory
from upscale.engine.scaling import ScalePlan
from upscale.engine.upscaler import Upscaler
from upscale.errors import BadInputError, UpscaleError
from upscale.flow.pipe import Control
from upscale.images.alpha import Alpha, interpolated, layers_of
from upscale.images.cutting import Part, cut
from upscale.images.layers import Layer
from upscale.images.picture import Picture, RowPicture, Samples, with_alpha
from upscale.images.pieces import Pieces

PIECE_BYTES = 2**23
"""What the encoder of a large result is given at once."""


@dataclass(frozen=True, eq=False)
class Loaded:
    """A job with its picture, before the network; of an animation the first, the others follow as frames."""

    job: Job
    picture: Picture
    started_s: float
    note: str | None = None


@dataclass(frozen=True, eq=False)
class Frame:
    """The next frame of the animation that the Loaded before it began, or why there are no more."""

    picture: Picture | UpscaleError


Item = Loaded | Frame | Outcome


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
class _Result:
    """One job's, from its first picture to its last; `last`: the pieces of an animation's last frame so far."""

    loaded: Loaded
    left: int
    enlarged: Enlarged | None = None
    last: list[Samples] = field(default_factory=list)
    ended: bool = False

    def put(self, samples: Samples) -> None:
        assert self.enlarged is not None  # it has begun with its first rows
        if self.loaded.picture.animation:
            self.last.append(samples)
        self.enlarged.pieces.put(samples)

    def end_picture(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.end()

    def end(self, error: UpscaleError | None = None) -> None:
        if self.enlarged is not None and not self.ended:
            self.enlarged.pieces.end(error)
        self.ended = True


@dataclass(eq=False)
class _Entry:
    """What has been pulled into the engine and not yet come out; an Outcome waits for its turn.

    Of `layers` the last holds the colours; there are none for a frame that is equal to the one before. `alpha` is the
    result's, whole.
    """

    item: Item
    result: _Result | None = None
    picture: Picture | None = None
    layers: list[Layer] = field(default_factory=list)
    alpha: Samples | None = None


def enlarge_pictures(enlarger: Enlarger, items: Iterable[Item]) -> Generator[Enlarged | Outcome, None, None]:
    """Results in the order of `items`, pulled as the engine asks for them; outcomes pass through.

    A result comes with its first piece. The others follow while the next result is being asked for, so another
    thread must take them, and there is an end to them however this generator ends. A picture that the engine cannot
    do, or that turns out to be damaged, becomes a failed outcome, or its pieces end in the error; the engine begins
    anew behind it.
    """
    line = _Line(enlarger, items)
    try:
        while True:
            try:
                for part in cut(_bands(enlarger, line.layers()), enlarger.plan, enlarger.piece_bytes):
                    yield from line.passed()
                    line.check()
                    yield from line.taken(part)
                break
            except UpscaleError as error:
                failure = error
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                failure = UpscaleError("not enough memory")
            # Outside the except blocks, whose exceptions hold on to what the attempt had in memory.
            line.fail_first(failure)
            yield from line.passed()
        yield from line.passed()
    finally:
        line.break_off()


def _bands(enlarger: Enlarger, layers: Iterable[Layer]) -> Iterator[SrBand]:
    """Finished rows, layer by layer."""
    for band in enlarged_bands(enlarger.upscaler, enlarger.plan, layers):
        enlarger.control.check()
        enlarger.on_pixels(band.rows.shape[1] * band.rows.shape[2])
        yield band


class _Line:
    """All that has been pulled into the engine and not yet come out, in order, and where its results go."""

    def __init__(self, enlarger: Enlarger, items: Iterable[Item]) -> None:
        self._enlarger = enlarger
        self._device = torch.device(enlarger.upscaler.device)
        self._items = iter(items)
        self._waiting: deque[_Entry] = deque()
        self._pulled: _Entry | None = None  # the last, whether it waits or not: frames belong to what is before them
        self._open: _Result | None = None  # the last that has begun

    def layers(self) -> Iterator[Layer]:
        """What the network has yet to see, also of pictures that it has seen in part before it failed."""
        for entry in list(self._waiting):
            entry.alpha = None
            yield from entry.layers
        for item in self._items:
            entry = self._pulled = self._entry(item)
            if entry.result is None or not entry.result.ended:
                self._waiting.append(entry)
                yield from entry.layers

    def _entry(self, item: Item) -> _Entry:
        if isinstance(item, Outcome):
            return _Entry(item)
        if isinstance(item, Loaded):
            animation = item.picture.animation
            result = _Result(item, animation.frames if animation else 1)
            return _Entry(item, result, item.picture, self._layers_of(item.picture))
        before, picture = self._pulled, item.picture
        assert before is not None  # a Loaded at least
        if isinstance(picture, UpscaleError):
            return _Entry(item, before.result)
        equal = before.picture is not None and _equal(before.picture, picture)
        return _Entry(item, before.result, picture, [] if equal else self._layers_of(picture))

    def _layers_of(self, picture: Picture) -> list[Layer]:
        return layers_of(picture, self._enlarger.alpha, self._device)

    def passed(self) -> Iterator[Outcome]:
        """Deal with all at the head of the line that the network has not to see; gives the outcomes."""
        while self._waiting and not self._waiting[0].layers:
            entry = self._waiting.popleft()
            if isinstance(entry.item, Outcome):
                yield entry.item
            elif isinstance(entry.item, Frame) and entry.result is not None:
                self._pass_frame(entry.item, entry.result)

    def _pass_frame(self, frame: Frame, result: _Result) -> None:
        if isinstance(frame.picture, UpscaleError):
            self._drop(result, frame.picture)
            return
        repeated, result.last = result.last, []
        try:
            for samples in repeated:
                result.put(samples)
        except UpscaleError as error:
            self._drop(result, error)
            return
        result.end_picture()

    def check(self) -> None:
        """Raise what keeps the first picture's rows from being read: only now it is the first that is to blame."""
        picture = self._waiting[0].picture if self._waiting else None
        if picture is not None and picture.rows is not None and picture.rows.error is not None:
            raise picture.rows.error

    def taken(self, part: Part) -> Iterator[Enlarged]:
        """Put a part of the first picture where it belongs; gives its result if this is the beginning."""
        entry = self._waiting[0] if self._waiting else None
        if entry is None or all(part.layer is not layer for layer in entry.layers):
            return  # of a result that was dropped
        result = entry.result
        assert result is not None and entry.picture is not None  # outcomes have no layers
        if part.layer is not entry.layers[-1]:
            entry.alpha = part.samples
            return
        begins = result.enlarged is None
        if part.top == 0:
            self._begin(entry.picture, entry, result)
        bottom = part.top + part.samples.shape[0]
        alpha = None if entry.alpha is None else entry.alpha[part.top : bottom]
        result.put(with_alpha(part.samples, alpha))
        if part.ends:
            result.end_picture()
            self._waiting.popleft()
        if begins and result.enlarged is not None:
            yield result.enlarged

    def _begin(self, picture: Picture, entry: _Entry, result: _Result) -> None:
        """With a picture's first rows: from now on its alpha is known."""
        target = self._enlarger.plan.target(picture.height, picture.width)
        if picture.alpha is not None and entry.alpha is None:
            entry.alpha = interpolated(picture.alpha, target, self._device)
        result.last = []
        if result.enlarged is None:
            pieces = Pieces(self._enlarger.control)
            result.enlarged = Enlarged(result.loaded, RowPicture(picture, *target.size_px, pieces), pieces)
            self._open = result

    def fail_first(self, error: UpscaleError) -> None:
        """Blame the first unfinished picture: large ones, which are those that fail, run alone."""
        entry = next((entry for entry in self._waiting if entry.layers), None)
        if entry is None:  # it has failed on its way in
            raise error
        assert entry.result is not None  # outcomes have no layers
        loaded = entry.result.loaded
        reason = str(error) if isinstance(error, BadInputError) else f"cannot enlarge {loaded.job.source}: {error}"
        if entry.result.enlarged is None:
            seconds = time.perf_counter() - loaded.started_s
            failed = _Entry(Outcome(loaded.job, "failed", seconds, reason))
            self._waiting[self._waiting.index(entry)] = failed
        self._drop(entry.result, UpscaleError(reason))

    def _drop(self, result: _Result, error: UpscaleError) -> None:
        """No more of a result, and of the frames that wait for it."""
        result.end(error)
        self._waiting = deque(entry for entry in self._waiting if entry.result is not result)

    def break_off(self) -> None:
        """Nobody shall wait for the rest of what has begun."""
        if self._open is not None:
            self._open.end(UpscaleError(f"cannot enlarge {self._open.loaded.job.source}: broken off"))


def _equal(first: Picture, second: Picture) -> bool:
    """Whether two frames look the same."""
    if (first.alpha is None) != (second.alpha is None) or not np.array_equal(first.pixels, second.pixels):
        return False
    return first.alpha is None or second.alpha is None or np.array_equal(first.alpha, second.alpha)
