"""A network on a device: pictures in as sources of rows, finished bands out, memory bounded."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from upscale.device import choose_device, choose_dtype
from upscale.engine.bands import LrSource, SrBand
from upscale.engine.batching import AUTO_BATCH_PX, SourceBatch, group
from upscale.engine.memory import Limits, halve, is_out_of_memory
from upscale.engine.precision import prepare
from upscale.engine.rowstream import stream_rows
from upscale.engine.tilestream import TileSettings, stream_tiles
from upscale.errors import UpscaleError
from upscale.models.fuse import fuse
from upscale.models.network import Network
from upscale.models.stages import run

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
        stages = network.stages()
        self._stages = None if stages is None else prepare(fuse(stages), self.device, self.dtype)
        self._network = network.eval() if self._stages else network.eval().to(self.device, self.dtype)
        tile = _BLACK_BOX_TILE if options.tile is None and stages is None else options.tile
        self._limits = Limits(options.batch, _BAND_ROWS[self.device.type], tile)

    def stream(self, sources: Iterable[LrSource]) -> Iterator[SrBand]:
        """Enlarge pictures; sources are pulled as they are needed, one batch ahead at most.

        Bands come picture by picture, in order, from top to bottom, without gaps. Small neighbours of equal
        size share a batch. Where memory runs out, batch, band or tile is halved and the work goes on.
        Raises UpscaleError where no smaller step is left.
        """
        for members in group(sources, lambda: self._limits.batch):
            yield from self._persist(members)

    def _persist(self, members: list[LrSource]) -> Iterator[SrBand]:
        """Bands of pictures of one size; begins again with smaller steps where memory runs out.

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
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
            # Outside the except block: the failed attempt's tensors hang on the exception's frames.
            self._shrink(members)
            if self._limits.batch is not None and self._limits.batch < len(members):
                for start in range(0, len(members), self._limits.batch):
                    yield from self._persist(members[start : start + self._limits.batch])
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
            yield from stream_rows(self._stages, batch, band=self._limits.band)
            return
        tile = self._limits.tile or max(batch.height, batch.width)
        settings = TileSettings(tile, self._overlap, self._fade, self._windows(tile))
        yield from stream_tiles(self._forward, batch, self.scale, settings)

    def _forward(self, lr: Tensor) -> Tensor:
        """Whole windows. Shape: (n, 3, h, w) -> (n, 3, h * scale, w * scale), float32."""
        if self._stages is not None:
            return run(self._stages, lr).float()
        sr: Tensor = self._network(lr.to(self.dtype))
        return sr.float()

    def _windows(self, tile: int) -> int:
        """How many tiles go through together."""
        if self._limits.batch is not None:
            return max(1, self._limits.batch)
        return max(1, AUTO_BATCH_PX // (tile + 2 * self._overlap) ** 2)

    def _shrink(self, members: list[LrSource]) -> None:
        """Halve what is done at once; UpscaleError where nothing is left to halve."""
        height, width = members[0].height, members[0].width
        tile = self._limits.tile
        together = len(members) if not tile else max(len(members), self._windows(tile))
        smaller = halve(self._limits, together=together, side=max(height, width))
        if smaller is None:
            raise UpscaleError(
                f"not enough memory on {self.device} for a picture of {width} x {height} pixels, however small "
                "the steps; free some, or use --device cpu"
            )
        logger.warning("memory ran out on %s; going on with smaller steps: %s", self.device, smaller)
        self._limits = smaller
        if self.device.type == "cuda":
            torch.cuda.empty_cache()


def _below(band: SrBand, given: int) -> SrBand | None:
    """The part of a band from row `given` on, None if there is none."""
    skipped = max(0, given - band.top)
    if skipped >= band.rows.shape[1]:
        return None
    return SrBand(band.source, band.top + skipped, band.rows[:, skipped:]) if skipped else band
