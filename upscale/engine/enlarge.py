"""Pictures in, pictures of the sizes that are wanted out: through a network as often as it takes, or past it."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TypeVar, cast

import torch
from torch import Tensor

from upscale.engine.bands import LrSource, SrBand, TensorSource, assemble, joined
from upscale.engine.resize import RowResize
from upscale.engine.scaling import Route, ScalePlan
from upscale.engine.sizes import Target
from upscale.engine.tta import stream_averaged
from upscale.engine.upscaler import Upscaler
from upscale.models.network import Network

# What is read at once of a picture that no network sees.
_READ_PX = 2**20

_Source = TypeVar("_Source", bound=LrSource)


def enlarge(upscaler: Upscaler, plan: ScalePlan, sources: Iterable[_Source]) -> Iterator[tuple[_Source, Tensor]]:
    """Every source with its whole enlarged picture, in order.

    Shape of each picture: (3, height, width) as `plan.target_size` says, float32, not clamped, on the device.
    """
    bands = enlarged_bands(upscaler, plan, sources)
    for source, picture in joined(bands, lambda source: plan.target_size(source.height, source.width)):
        yield cast(_Source, source), picture


def enlarged_bands(upscaler: Upscaler, plan: ScalePlan, sources: Iterable[LrSource]) -> Iterator[SrBand]:
    """The finished rows of every source, in order, from top to bottom, all passes and the last resize done.

    `upscaler` runs `plan.network`; where a picture wants another factor, one like it is made for that. Whole in
    memory, in float32, are only the results of passes before the last, and of all passes with `plan.tta`.
    Shape of the rows: (3, n, width) as `plan.target_size` says, float32, not clamped, on the device.
    """
    upscalers = {plan.network: upscaler}

    def way(source: LrSource) -> tuple[Network | None, int]:
        route = plan.route(source.height, source.width)
        return route.network, route.passes

    for (network, passes), group in groupby(sources, way):
        if network is None:
            yield from _past(upscaler.device, plan, group)
            continue
        if network not in upscalers:
            upscalers[network] = upscaler.beside(network)
        yield from _through(upscalers[network], plan, passes, group)


def _past(device: torch.device, plan: ScalePlan, sources: Iterable[LrSource]) -> Iterator[SrBand]:
    """Pictures that no network need see."""
    for source in sources:
        route = plan.route(source.height, source.width)
        part, finish = _part(source, route.target), _Finish(source, route, device)
        step = max(1, _READ_PX // part.width)
        for top in range(0, part.height, step):
            rows = part.read(top, min(part.height, top + step)).to(device, torch.float32)
            yield from finish.push(top, rows)


def _through(upscaler: Upscaler, plan: ScalePlan, passes: int, sources: Iterable[LrSource]) -> Iterator[SrBand]:
    """Pictures through one network, so many times."""
    pulled: deque[tuple[LrSource, Route]] = deque()

    def parts() -> Iterator[LrSource]:
        for source in sources:
            route = plan.route(source.height, source.width)
            pulled.append((source, route))
            yield _part(source, route.target)

    stream = partial(stream_averaged, upscaler) if plan.tta else upscaler.stream
    bands = stream(parts())
    for _ in range(passes - 1):
        bands = stream(map(TensorSource, assemble(bands, upscaler.scale)))
    finish: _Finish | None = None
    for band in bands:
        finish = finish or _Finish(*pulled[0], upscaler.device)
        yield from finish.push(band.top, band.rows)
        if band.top + band.rows.shape[1] == band.source.height * upscaler.scale:
            pulled.popleft()
            finish = None


class _Finish:
    """What is left to do for one picture behind the network: the last resize, or nothing."""

    def __init__(self, source: LrSource, route: Route, device: torch.device) -> None:
        part, left = _part(source, route.target), route.last_resize
        size_px = part.height * route.reached, part.width * route.reached
        self._source = source
        self._resize = None if left is None else RowResize(*size_px, left, device)

    def push(self, top: int, rows: Tensor) -> Iterator[SrBand]:
        """Rows behind the network, `top` the first of them. Shape: (3, n, part's width * factor reached)."""
        finished = [(top, rows)] if self._resize is None else self._resize.push(rows)
        for first, made in finished:
            yield SrBand(self._source, first, made)


@dataclass(frozen=True, eq=False)
class _Window:
    """Part of a picture, as a picture of its own; rows and columns from the first to before the end."""

    picture: LrSource
    rows: tuple[int, int]
    columns: tuple[int, int]

    @property
    def height(self) -> int:
        return self.rows[1] - self.rows[0]

    @property
    def width(self) -> int:
        return self.columns[1] - self.columns[0]

    def read(self, top: int, bottom: int) -> Tensor:
        """Rows top <= y < bottom. Shape: (3, bottom - top, width)."""
        return self.picture.read(self.rows[0] + top, self.rows[0] + bottom)[:, :, slice(*self.columns)]


def _part(source: LrSource, target: Target) -> LrSource:
    """What the target shows of a picture: nothing else is enlarged."""
    rows, columns = target.rows.used, target.columns.used
    whole = rows == (0, source.height) and columns == (0, source.width)
    return source if whole else _Window(source, rows, columns)
