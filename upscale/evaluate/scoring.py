"""Original in, scores out: reduce or read, enlarge, quantise, measure."""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from upscale.engine.bands import TensorSource
from upscale.engine.enlarge import enlarge
from upscale.engine.scaling import ScalePlan
from upscale.engine.upscaler import Upscaler
from upscale.errors import BadInputError
from upscale.evaluate.luma import crop_to_multiple
from upscale.evaluate.pairs import Pair
from upscale.evaluate.pictures import read_rgb
from upscale.evaluate.protocol import Failure, Protocol, Row, measure
from upscale.imresize import imresize


def score_pairs(
    upscaler: Upscaler, plan: ScalePlan, pairs: Iterable[Pair], protocol: Protocol
) -> Iterator[Row | Failure]:
    """Scores picture by picture, in order; one that cannot be read or measured is a Failure, not an end."""
    for pair in pairs:
        try:
            lr, hr = read_pair(pair, protocol.scale)
            yield Row(pair.hr.name, measure(_enlarged(upscaler, plan, lr), hr, protocol))
        except BadInputError as error:
            yield Failure(pair.hr.name, str(error))


def read_pair(pair: Pair, scale: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
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


def _enlarged(upscaler: Upscaler, plan: ScalePlan, lr: NDArray[np.uint8]) -> NDArray[np.uint8]:
    source = TensorSource(torch.from_numpy(lr).permute(2, 0, 1).float() / 255)
    ((_, sr),) = enlarge(upscaler, plan, [source])
    return quantised(sr)


def quantised(sr: Tensor) -> NDArray[np.uint8]:
    """What a file would hold: clamped, times 255, rounded. Shape: (3, H, W) float -> (H, W, 3)."""
    levels = sr.float().clamp(0, 1).mul(255).round().to(torch.uint8)
    return levels.permute(1, 2, 0).cpu().contiguous().numpy()
