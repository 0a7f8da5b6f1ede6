"""Two pictures and a protocol in, scores out."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from upscale.engine.memory import enough_for
from upscale.evaluate.consistency import drift, lr_psnr, reduced
from upscale.evaluate.luma import crop_border, luma
from upscale.evaluate.niqe import niqe
from upscale.evaluate.protocol import Metric, Protocol
from upscale.evaluate.psnr import psnr
from upscale.evaluate.ssim import ssim
from upscale.evaluate.ssim_daala import ssim_daala
from upscale.evaluate.tools import Tools
from upscale.imresize import imresize

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]


def measure(
    sr: Pixels, hr: Pixels, protocol: Protocol, *, lr: Pixels | None = None, tools: Tools | None = None
) -> dict[Metric, float]:
    """The protocol's scores of an enlarged picture; a metric whose tool is missing has none.

    `lr` is what was enlarged; None: the original reduced by MATLAB's bicubic. Shape: (H, W, 3) RGB, `sr` and `hr` of
    one size. Raises BadInputError where a metric does not exist for a picture so small, UpscaleError where memory does
    not suffice.
    """
    pictures = _Pictures(sr, hr, lr, protocol, tools or Tools())
    height, width = hr.shape[:2]
    with enough_for(f"the scores of {width} x {height} pixels", torch.device("cpu")):
        scores = {metric: _score(metric, pictures) for metric in protocol.metrics}
    return {metric: score for metric, score in scores.items() if score is not None}


@dataclass(frozen=True)
class _Pictures:
    """What the metrics look at, each view of it made once and only if one does."""

    sr: Pixels
    hr: Pixels
    given_lr: Pixels | None
    protocol: Protocol
    tools: Tools

    @cached_property
    def lr(self) -> Pixels:
        return imresize(self.hr, 1 / self.protocol.scale) if self.given_lr is None else self.given_lr

    @cached_property
    def reduced(self) -> Pixels:
        return reduced(self.sr, self.protocol.scale)

    @cached_property
    def planes(self) -> tuple[Floats, Floats]:
        """Result and original, the border cut. Shape: (C, H, W) each, of C channels that the protocol compares."""
        return self._planes(self.sr), self._planes(self.hr)

    def rounded_luma(self, pixels: Pixels) -> Floats:
        """Y in whole numbers, the border cut. Shape: (H, W)."""
        return crop_border(luma(pixels, round_y=True), self.protocol.scale)

    def _planes(self, pixels: Pixels) -> Floats:
        if self.protocol.channels == "y":
            return crop_border(luma(pixels)[None], self.protocol.scale)
        return crop_border(np.ascontiguousarray(np.moveaxis(pixels, 2, 0), np.float64), self.protocol.scale)


def _score(metric: Metric, pictures: _Pictures) -> float | None:
    match metric:
        case "psnr":
            return psnr(*pictures.planes)
        case "ssim":
            return _ssim(pictures)
        case "niqe":
            return niqe(pictures.rounded_luma(pictures.sr))
        case "lpips":
            network = pictures.tools.lpips
            return None if network is None else network.distance(pictures.sr, pictures.hr)
        case "lr_psnr":
            return lr_psnr(pictures.reduced, pictures.lr)
        case "drift":
            return drift(pictures.reduced, pictures.lr)
        case "ma" | "pi":
            return None


def _ssim(pictures: _Pictures) -> float:
    if pictures.protocol.ssim == "daala":
        return ssim_daala(pictures.rounded_luma(pictures.sr), pictures.rounded_luma(pictures.hr))
    return ssim(*pictures.planes, pictures.protocol.ssim_exponents)
