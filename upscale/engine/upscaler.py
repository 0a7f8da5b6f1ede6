"""A network on a device: pictures in as sources of rows, finished bands out, memory bounded."""

import copy
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

import torch
from torch import Tensor

from upscale.device import choose_device, choose_dtype
from upscale.engine.bands import LrSource, SrBand
from upscale.engine.batching import SourceBatch, group
from upscale.engine.footprint import within
from upscale.engine.fusedconv import sums_in_fp32
from upscale.engine.memory import Limits, halve, is_out_of_memory
from upscale.engine.precision import prepare
from upscale.engine.rowstream import stream_rows
from upscale.engine.tilestream import TileSettings, stream_tiles
from upscale.engine.trunk import Trunk, cut
from upscale.engine.trunkstream import BandSize, stream_trunk
from upscale.engine.tune import WORTH_PX, BandShape, default_shape, quickest_shape
from upscale.engine.unfinished import Unfinished
from upscale.errors import UpscaleError
from upscale.models.fuse import fuse
from upscale.models.network import Network
from upscale.models.stages import Stage, run

# Rows that go through all layers together, and pixels where that is more rows: on a CPU with AMX bands of 40,000
# were 1.7 times as quick as 8 rows of 640, and no slower at any width.
_BAND_ROWS = {"cpu": 8, "mps": 64, "cuda": 64}
_BAND_PX = 40_000
# Of wide pictures a residual network takes at least so many at once: some are computed again in the next band.
_TRUNK_ROWS = 64
# With --batch the first picture of a lane decides; a flat one must not slow all others down.
_FEWEST_ROWS = 8
# For black boxes, whose tiles must fit any card, and their overlap where the receptive radius is unknown.
_BLACK_BOX_TILE = 192
_BLIND_OVERLAP = 32

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class UpscaleOptions:
    """How a network is run; None means auto.

    `tile`: useful input pixels a side; 0 the whole picture; None streams by rows where the network can.
    `overlap`: input pixels a tile sees beyond those; None the receptive radius, which makes tiles exact.
    `blend`: "exact" cuts where tiles meet, "feather" fades across half of the overlap to each side.
    `batch`: pictures or tiles in one forward pass.
    `max_memory_bytes`: what a band of a residual network may take; None half of what is free.
    `tune`: measure once what is quickest on this machine, and remember it in the user's cache folder.
    """

    device: str = "auto"
    dtype: str = "auto"
    tile: int | None = None
    overlap: int | None = None
    blend: Literal["exact", "feather"] = "exact"
    batch: int | None = None
    max_memory_bytes: int | None = None
    tune: bool = False


class Upscaler:
    """Streams pictures through one network. Raises UsageError, EnvironmentLackError for impossible options."""

    def __init__(self, network: Network, options: UpscaleOptions) -> None:
        self.scale = network.spec.scale
        self.device = choose_device(options.device)
        self.dtype = choose_dtype(options.dtype, self.device)
        radius = _BLIND_OVERLAP if network.spec.radius is None else network.spec.radius
        self._overlap = radius if options.overlap is None else options.overlap
        # Half of the overlap stays unused: the outermost pixels know least of what lies beyond.
        self._fade = self._overlap // 2 if options.blend == "feather" else 0
        self._given = network
        self._stages: tuple[Stage, ...] | None
        self._trunk: Trunk | None
        self._network: Network
        self._load()
        tile = _BLACK_BOX_TILE if options.tile is None and self._stages is None else options.tile
        self.options, self._tuned = options, False
        rows = _BAND_ROWS[self.device.type] if self._trunk is None else _TRUNK_ROWS
        self._limits = Limits(options.batch, rows, tile, band_px=_BAND_PX)
        if self._trunk is not None:
            shape = quickest_shape(self._trunk, measure=False) if options.tune else default_shape(self.device)
            self._use_shape(shape)

    def _load(self) -> None:
        """Put the network on the device in the run's arithmetic; the caller's own stays as it is."""
        stages = self._given.stages()
        fused = None if stages is None else fuse(stages)
        self._stages = None if fused is None else prepare(fused, self.device, self.dtype)
        self._trunk = None if fused is None else self._cut(fused)
        black_box = self._given if self._stages else copy.deepcopy(self._given).to(self.device, self.dtype)
        self._network = black_box.eval()

    def _cut(self, fused: tuple[Stage, ...]) -> Trunk | None:
        # Where the last sum is rounded once, its difference from the input is exact enough (see pixels.py).
        exact_end = self.dtype is torch.bfloat16 and not sums_in_fp32(self.device, self.dtype)
        return cut(prepare(fused, self.device, self.dtype, exact_end=exact_end))

    def beside(self, network: Network) -> "Upscaler":
        """An upscaler for another network, with the same options."""
        return Upscaler(network, self.options)

    def stream(self, sources: Iterable[LrSource]) -> Iterator[SrBand]:
        """Enlarge pictures; sources are pulled as they are needed, a band's or a batch's worth ahead at most.

        Bands come picture by picture, in order, from top to bottom, without gaps, and none twice. Small neighbours
        go through the network together. Where memory runs out, what is done at once is halved and the work goes
        on; where half precision overflows, fp32 takes over. Raises UpscaleError where neither helps.
        """
        unfinished = Unfinished(sources, self.scale)
        while True:
            try:
                for band in self._attempt(unfinished.from_the_first()):
                    yield from unfinished.fresh(band)
                return
            except _NotFiniteError:
                overflowed = True
            except (RuntimeError, MemoryError) as error:
                overflowed = False
                if unfinished.reading or not is_out_of_memory(error):
                    raise
            # Outside the except block: the failed attempt's tensors hang on the exception's frames.
            if overflowed:
                self._use_fp32()
            else:
                self._shrink(unfinished.pulled)

    def _attempt(self, sources: Iterator[LrSource]) -> Iterator[SrBand]:
        """The bands of all sources, with the limits as they are."""
        if self._limits.tile is None and self._trunk is not None:
            for _, lane in groupby(sources, lambda source: source.width):
                yield from self._lane(self._trunk, lane)
            return
        for members in group(sources, self._pictures):
            yield from self._bands(members)

    @torch.inference_mode()
    def _lane(self, trunk: Trunk, sources: Iterator[LrSource]) -> Iterator[SrBand]:
        """Pictures of one width, streamed through a residual network."""
        for band in stream_trunk(trunk, sources, lambda first: self._band_size(trunk, first)):
            _check_finite(band.rows)
            yield band

    def _band_size(self, trunk: Trunk, first: LrSource) -> BandSize:
        """For a lane that begins with this picture."""
        options = self.options
        if options.tune and not self._tuned and first.height * first.width >= WORTH_PX:
            # Before anything is measured: what fails once, for want of memory, is not tried again.
            self._tuned = True
            self._use_shape(quickest_shape(trunk, measure=True, most_bytes=options.max_memory_bytes))
        rows = self._limits.rows(first.width)
        if self._limits.batch is not None:
            rows = min(rows, max(_FEWEST_ROWS, self._limits.batch * first.height))
        return within(trunk, BandSize(rows, self._shape.columns), first.width, options.max_memory_bytes)

    def _use_shape(self, shape: BandShape) -> None:
        self._shape = shape
        self._limits = replace(self._limits, band_px=shape.pixels)

    def _bands(self, members: list[LrSource]) -> Iterator[SrBand]:
        """Pictures of one size; those of a batch only when all are finished."""
        pieces = self._pieces(SourceBatch(members, self.device))
        if len(members) == 1:
            for top, rows in pieces:
                yield SrBand(members[0], top, rows[0])
            return
        finished = list(pieces)
        for index, member in enumerate(members):
            for top, rows in finished:
                yield SrBand(member, top, rows[index])

    @torch.inference_mode()
    def _pieces(self, batch: SourceBatch) -> Iterator[tuple[int, Tensor]]:
        """(first row, rows of all members). Shape: (N, 3, n, width * scale), float32."""
        if self._limits.tile is None and self._stages is not None:
            pieces = stream_rows(self._stages, batch, band=self._limits.rows(batch.width))
        else:
            tile = self._limits.tile or max(batch.height, batch.width)
            windows = self._limits.together((tile + 2 * self._overlap) ** 2)
            settings = TileSettings(tile, self._overlap, self._fade, windows)
            pieces = stream_tiles(self._forward, batch, self.scale, settings)
        for top, rows in pieces:
            _check_finite(rows)
            yield top, rows

    def _forward(self, lr: Tensor) -> Tensor:
        """Whole windows. Shape: (n, 3, h, w) -> (n, 3, h * scale, w * scale), float32."""
        if self._stages is not None:
            return run(self._stages, lr).float()
        sr: Tensor = self._network(lr.to(self.dtype))
        return sr.float()

    def _pictures(self, source: LrSource) -> int:
        """How many pictures like this one share a batch."""
        return self._limits.pictures(source.height, source.width)

    def _use_fp32(self) -> None:
        """Give half precision up for the rest of the run; UpscaleError if it is not to blame."""
        if self.dtype is torch.float32:
            raise UpscaleError("the network gives values that are not finite; its weights or its input are damaged")
        logger.warning("%s overflowed; going on in fp32, which is slower", self.dtype)
        self.dtype = torch.float32
        self._load()

    def _shrink(self, pulled: Sequence[LrSource]) -> None:
        """Halve what is done at once; UpscaleError where nothing is left to halve."""
        height, width = pulled[0].height, pulled[0].width
        tile = self._limits.tile
        alike = sum((source.height, source.width) == (height, width) for source in pulled)
        streamed = tile is None and self._trunk is not None
        together, pixels = 1 if streamed else min(alike, self._pictures(pulled[0])), height * width
        if tile and together == 1:
            pixels = (tile + 2 * self._overlap) ** 2
            together = min(self._limits.together(pixels), -(-width // tile))
        smaller = halve(self._limits, together=together, pixels=pixels, side=max(height, width))
        if smaller is None:
            raise UpscaleError(
                f"not enough memory on {self.device} for a picture of {width} x {height} pixels, however small "
                "the steps; free some, or use --device cpu"
            )
        logger.warning("memory ran out on %s; going on with smaller steps: %s", self.device, smaller)
        # A band that was halved must not be made higher again by measuring.
        self._limits, self._tuned = smaller, True
        if self.device.type == "cuda":
            torch.cuda.empty_cache()


class _NotFiniteError(Exception):
    """Infinities or NaNs have come out of the network."""


def _check_finite(rows: Tensor) -> None:
    # One sum for all: it is finite only if every sample is.
    if not torch.isfinite(rows.sum()):
        raise _NotFiniteError
