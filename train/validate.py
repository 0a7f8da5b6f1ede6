"""What a run is watched by: scores of pictures it never sees, by the protocol of `upscale eval`."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Protocol

import torch
from torch import Tensor
from upscale.train.watch.colours import local_contrast, mean_colour, saturation, share
from upscale.train.watch.reports import Sample, Validation

from upscale.engine.bands import TensorSource, assemble
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.errors import BadInputError
from upscale.evaluate.luma import crop_border, luma
from upscale.evaluate.niqe import niqe
from upscale.evaluate.psnr import psnr
from upscale.evaluate.scoring import quantised
from upscale.models.network import Network

_SHOWN = 4


class HeldPair(Protocol):
    """A picture and its low resolution. Shape: lr (3, h, w), hr (3, h * scale, w * scale), uint8, anywhere."""

    @property
    def name(self) -> str:
        """What to call it."""

    @property
    def lr(self) -> Tensor:
        """What the network is given."""

    @property
    def hr(self) -> Tensor:
        """What it should find."""


@torch.no_grad()
def validate(network: Network, pairs: Sequence[HeldPair], device: torch.device, *, with_niqe: bool) -> Validation:
    """Means over `pairs`, of which there must be one; the first four come back as samples.

    In evaluation mode and fp32, whatever the network is trained in. Pictures are streamed band by
    band, in smaller steps where memory runs out; raises UpscaleError where even that does not help.
    PSNR: clamped and rounded to 8 bit, Y of BT.601, `scale` pixels of border cut; NIQE likewise, Y rounded.
    """
    training = network.training
    upscaler = Upscaler(network, UpscaleOptions(device=str(device), dtype="fp32"))
    looks: list[_Look] = []
    samples: list[Sample] = []
    for pair in pairs:
        sample = _enlarged(upscaler, pair)
        looks.append(_look(sample, network.spec.scale, with_niqe=with_niqe))
        if len(samples) < _SHOWN:
            samples.append(sample)
    network.train(training)  # which the upscaler has ended
    return _summary(looks, tuple(samples), with_niqe=with_niqe)


def _enlarged(upscaler: Upscaler, pair: HeldPair) -> Sample:
    """With its PSNR."""
    source = TensorSource(pair.lr.float() / 255)
    (enlarged,) = assemble(upscaler.stream([source]), upscaler.scale)
    sr = quantised(enlarged)
    lr, hr = (plane.permute(1, 2, 0).contiguous().cpu().numpy() for plane in (pair.lr, pair.hr))
    score = psnr(*(crop_border(luma(pixels), upscaler.scale) for pixels in (sr, hr)))
    return Sample(pair.name, lr, sr, hr, score)


@dataclass(frozen=True)
class _Look:
    """What one picture shows; strengths come as (result, original)."""

    psnr_y: float
    niqe: float | None
    drift: tuple[float, ...]
    saturation: tuple[float, float]
    contrast: tuple[float, float]


def _look(sample: Sample, border_px: int, *, with_niqe: bool) -> _Look:
    sr, hr = sample.sr, sample.hr
    return _Look(
        sample.psnr_y,
        _niqe(sample, border_px) if with_niqe else None,
        tuple(a - b for a, b in zip(mean_colour(sr), mean_colour(hr), strict=True)),
        (saturation(sr), saturation(hr)),
        (local_contrast(sr), local_contrast(hr)),
    )


def _niqe(sample: Sample, border_px: int) -> float | None:
    """None for a picture too small or too flat to have one."""
    try:
        return niqe(crop_border(luma(sample.sr, round_y=True), border_px))
    except BadInputError:
        return None


def _summary(looks: list[_Look], samples: tuple[Sample, ...], *, with_niqe: bool) -> Validation:
    natural = [look.niqe for look in looks if look.niqe is not None]
    red, green, blue = (fmean(look.drift[channel] for look in looks) for channel in range(3))
    return Validation(
        psnr_y=fmean(look.psnr_y for look in looks),
        niqe=fmean(natural) if natural else None,
        drift=(red, green, blue),
        saturation=share(*(fmean(look.saturation[side] for look in looks) for side in range(2))),
        contrast=share(*(fmean(look.contrast[side] for look in looks) for side in range(2))),
        samples=samples,
        too_small=len(looks) - len(natural) if with_niqe else 0,
    )
