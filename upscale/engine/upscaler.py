"""A network on a device: pictures in as sources of rows, finished bands out, memory bounded."""

import copy
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from upscale.device import choose_device, choose_dtype
from upscale.engine.bands import LrSource, SrBand
from upscale.engine.batching import SourceBatch, group
from upscale.engine.memory import Limits, halve, is_out_of_memory
from upscale.engine.precision import prepare
from upscale.engine.rowstream import stream_rows
from upscale.engine.tilestream import TileSettings, stream_tiles
from upscale.errors import UpscaleError
from upscale.models.fuse import fuse
from upscale.models.network import Network
from upscale.models.stages import Stage, run

# Rows that go through all layers together: on a CPU 8 kept the activations in the cache and were quickest.
_BAND_ROWS = {"cpu": 8, "mps": 64, "cuda": 64}
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
    """

    device: str = "auto"
    dtype: str = "auto"
    tile: int | None = None
    overlap: int | None = None
    blend: Literal["exact", "feather"] = "exact"
    batch: int | None = None


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
        self._network: Network
        self._load()
        tile = _BLACK_BOX_TILE if options.tile is None and self._stages is None else options.tile
        self._limits = Limits(options.batch, _BAND_ROWS[self.device.type], tile)

    def _load(self) -> None:
        """Put the network on the device in the run's arithmetic; the caller's own stays as it is."""
        stages = self._given.stages()
        self._stages = None if stages is None else prepare(fuse(stages), self.device, self.dtype)
        black_box = self._given if self._stages else copy.deepcopy(self._given).to(self.device, self.dtype)
        self._network = black_box.eval()

    def stream(self, sources: Iterable[LrSource]) -> Iterator[SrBand]:
        """Enlarge pictures; sources are pulled as they are needed, one batch ahead at most.

        Bands come picture by picture, in order, from top to bottom, without gaps. Small neighbours of equal
        size share a batch. Where memory runs out, batch, band or tile is halved and the work goes on; where
        half precision overflows, fp32 takes over. Raises UpscaleError where neither helps.
        """
        for members in group(sources, self._pictures):
            yield from self._persist(members)

    def _persist(self, members: list[LrSource]) -> Iterator[SrBand]:
        """Bands of pictures of one size; begins again, more carefully, where an attempt fails.

        A lone picture's bands are given as they come, and none twice; a batch's only when all are finished.
        """
        given = 0
        while True:
            try:
                for band in self._bands(members):
                    fresh = _below(band, given) if len(members) == 1 else band
                    if fresh is not None:
                        given = fresh.top + fresh.rows.shape[1]
                        yield fresh
                return
            except _NotFiniteError:
                overflowed = True
            except (RuntimeError, MemoryError) as error:
                overflowed = False
                if not is_out_of_memory(error):
                    raise
            # Outside the except block: the failed attempt's tensors hang on the exception's frames.
            if overflowed:
                self._use_fp32()
            else:
                self._shrink(members)
            most = self._pictures(members[0])
            if most < len(members):
                for start in range(0, len(members), most):
                    yield from self._persist(members[start : start + most])
                return

    def _bands(self, members: list[LrSource]) -> Iterator[SrBand]:
        """One attempt, with the limits as they are."""
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
            pieces = stream_rows(self._stages, batch, band=self._limits.band)
        else:
            tile = self._limits.tile or max(batch.height, batch.width)
            windows = self._limits.together((tile + 2 * self._overlap) ** 2)
            settings = TileSettings(tile, self._overlap, self._fade, windows)
            pieces = stream_tiles(self._forward, batch, self.scale, settings)
        for top, rows in pieces:
            # One sum for all: it is finite only if every sample is.
            if not torch.isfinite(rows.sum()):
                raise _NotFiniteError
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

    def _shrink(self, members: list[LrSource]) -> None:
        """Halve what is done at once; UpscaleError where nothing is left to halve."""
        height, width = members[0].height, members[0].width
        tile = self._limits.tile
        together, pixels = len(members), height * width
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
        self._limits = smaller
        if self.device.type == "cuda":
            torch.cuda.empty_cache()


class _NotFiniteError(Exception):
    """Infinities or NaNs have come out of the network."""


def _below(band: SrBand, given: int) -> SrBand | None:
    """The part of a band from row `given` on, None if there is none."""
    skipped = max(0, given - band.top)
    if skipped >= band.rows.shape[1]:
        return None
    return SrBand(band.source, band.top + skipped, band.rows[:, skipped:]) if skipped else band
