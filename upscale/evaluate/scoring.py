"""Original in, scores out: reduce or read, enlarge, quantise, measure, one beside the other."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from upscale.engine.bands import TensorSource
from upscale.engine.enlarge import enlarge
from upscale.engine.scaling import ScalePlan
from upscale.engine.upscaler import Upscaler
from upscale.errors import BadInputError, UpscaleError
from upscale.evaluate.luma import crop_to_multiple
from upscale.evaluate.measuring import measure
from upscale.evaluate.pairs import Pair
from upscale.evaluate.pictures import read_rgb
from upscale.evaluate.protocol import Failure, Protocol, Row
from upscale.evaluate.tools import Tools, find_tools
from upscale.flow.flow import Flow
from upscale.imresize import imresize

Pixels = NDArray[np.uint8]


def score_pairs(
    upscaler: Upscaler, plan: ScalePlan, pairs: Iterable[Pair], protocol: Protocol, tools: Tools | None = None
) -> Generator[Row | Failure, None, None]:
    """Scores picture by picture, in order; one that cannot be read or measured is a Failure, not an end.

    A Failure's reason names the file.

    Neighbours go through the network together, as its memory allows, while others are read and measured. `tools`:
    what the metrics need; None: what this machine has.
    """
    found = find_tools(protocol.metrics, upscaler.device) if tools is None else tools
    flow = Flow()
    read = flow.stage("reading", (_read(pair, protocol.scale) for pair in pairs))
    enlarged = flow.stage("network", _enlarged(upscaler, plan, read))
    # In one thread, as a score may take a gigabyte for every 13 megapixels.
    scored = flow.stage("scoring", (_scored(item, protocol, found) for item in enlarged))
    with closing(flow.run(scored)) as results:
        yield from results


def read_pair(pair: Pair, scale: int) -> tuple[Pixels, Pixels]:
    """The picture to enlarge and its original, whose sides are cut to a multiple of `scale`.

    Shape: (h, w, 3) and (h * scale, w * scale, 3), RGB. Raises BadInputError, naming the file, for what
    cannot be read and where the sizes do not fit together.
    """
    hr = crop_to_multiple(read_rgb(pair.hr), scale)
    height, width = hr.shape[:2]
    if not hr.size:
        raise BadInputError(f"{pair.hr} has fewer than {scale} pixels on a side")
    if pair.lr is None:
        return imresize(hr, 1 / scale), hr
    lr = read_rgb(pair.lr)
    if (lr.shape[0] * scale, lr.shape[1] * scale) != (height, width):
        raise BadInputError(
            f"{pair.lr} is {lr.shape[1]} x {lr.shape[0]} pixels; {pair.hr} cut to a multiple of {scale}"
            f" needs {width // scale} x {height // scale}"
        )
    return lr, hr


def quantised(sr: Tensor) -> Pixels:
    """What a file would hold: clamped, times 255, rounded. Shape: (3, H, W) float -> (H, W, 3)."""
    levels = sr.float().clamp(0, 1).mul(255).round().to(torch.uint8)
    return levels.permute(1, 2, 0).cpu().contiguous().numpy()


@dataclass(frozen=True, eq=False)
class _Read:
    """A picture before the network. Shape: `lr` (h, w, 3), `hr` (H, W, 3)."""

    name: str
    lr: Pixels
    hr: Pixels


@dataclass(frozen=True, eq=False)
class _Enlarged:
    """The same behind it. Shape: `sr` (H, W, 3)."""

    read: _Read
    sr: Pixels


def _read(pair: Pair, scale: int) -> _Read | Failure:
    try:
        return _Read(pair.hr.name, *read_pair(pair, scale))
    except BadInputError as error:
        return Failure(pair.hr.name, str(error))


def _enlarged(upscaler: Upscaler, plan: ScalePlan, items: Iterable[_Read | Failure]) -> Iterator[_Enlarged | Failure]:
    """In order; failures pass by the network, in their turn."""
    pulled: deque[_Read | Failure] = deque()

    def sources() -> Iterator[TensorSource]:
        for item in items:
            pulled.append(item)
            if isinstance(item, _Read):
                yield TensorSource(torch.from_numpy(item.lr).permute(2, 0, 1).float() / 255)

    for _, sr in enlarge(upscaler, plan, sources()):
        while isinstance(item := pulled.popleft(), Failure):
            yield item
        yield _Enlarged(item, quantised(sr))
    yield from (item for item in pulled if isinstance(item, Failure))


def _scored(item: _Enlarged | Failure, protocol: Protocol, tools: Tools) -> Row | Failure:
    if isinstance(item, Failure):
        return item
    try:
        return Row(item.read.name, measure(item.sr, item.read.hr, protocol, lr=item.read.lr, tools=tools))
    except UpscaleError as error:  # also of memory that does not suffice for one picture
        return Failure(item.read.name, f"cannot score {item.read.name}: {error}")
