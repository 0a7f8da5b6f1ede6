"""Test-time augmentation: a picture's eight symmetries through the network, their answers averaged.

Timofte et al., "Seven ways to improve example-based single image super resolution", CVPR 2016, section 3.6. It takes
eight times as long; a mirrored or turned picture gives the mirrored or turned result.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import product

import torch
from torch import Tensor

from upscale.engine.bands import LrSource, SrBand, TensorSource
from upscale.engine.memory import enough_for
from upscale.engine.upscaler import Upscaler

# (transposed, then upside down, left to right); the first four have the picture's own shape and share its batches.
_SYMMETRIES = tuple(product((False, True), (False, True), (False, True)))


def stream_averaged(upscaler: Upscaler, sources: Iterable[LrSource]) -> Iterator[SrBand]:
    """As `Upscaler.stream`, averaged over the symmetries.

    Each result is one band: it is held whole, in float32, once. Raises UpscaleError where memory does not suffice.
    """
    pulled: deque[LrSource] = deque()
    total, added = torch.empty(0), 0
    for band in upscaler.stream(_turned(sources, pulled, upscaler.device)):
        if total.numel() == 0:
            total = _zeros(pulled[0], upscaler)
        _add(total, band, _SYMMETRIES[added])
        if band.top + band.rows.shape[1] < band.source.height * upscaler.scale:
            continue
        added += 1
        if added == len(_SYMMETRIES):
            average, total, added = total.div_(added), torch.empty(0), 0
            yield SrBand(pulled.popleft(), 0, average)


def _turned(sources: Iterable[LrSource], pulled: deque[LrSource], device: torch.device) -> Iterator[TensorSource]:
    """Each source in all its symmetries; itself it is noted in `pulled`."""
    for source in sources:
        pulled.append(source)
        picture = source.read(0, source.height).to(device, torch.float32)
        for transposed, upside_down, mirrored in _SYMMETRIES:
            upright = picture.transpose(1, 2) if transposed else picture
            yield TensorSource(upright.flip(_flipped(upside_down, mirrored)))


def _zeros(source: LrSource, upscaler: Upscaler) -> Tensor:
    height, width = source.height * upscaler.scale, source.width * upscaler.scale
    with enough_for(f"an average of {width} x {height} pixels", upscaler.device):
        return torch.zeros(3, height, width, device=upscaler.device)


def _add(total: Tensor, band: SrBand, symmetry: tuple[bool, bool, bool]) -> None:
    """Add the rows of one turned answer, turned back. Shape of `total`: (3, H, W)."""
    transposed, upside_down, mirrored = symmetry
    upright = total.transpose(1, 2) if transposed else total
    count = band.rows.shape[1]
    top = upright.shape[1] - band.top - count if upside_down else band.top
    upright[:, top : top + count] += band.rows.flip(_flipped(upside_down, mirrored))


def _flipped(upside_down: bool, mirrored: bool) -> list[int]:
    """The dimensions of (3, H, W) that are turned about."""
    return [1] * upside_down + [2] * mirrored
