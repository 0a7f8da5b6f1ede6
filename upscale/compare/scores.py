"""PSNR and SSIM against the original, by the protocol of `upscale eval`, but of pictures as they are shown."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from upscale.compare.shown import Pixels
from upscale.errors import BadInputError


@dataclass(frozen=True)
class Score:
    """Of one picture, in dB (infinite for equal ones) and from -1 to 1."""

    psnr: float
    ssim: float

    def __str__(self) -> str:
        decibels = f"{self.psnr:.2f} dB" if math.isfinite(self.psnr) else "equal"
        return f"{decibels} · {self.ssim:.4f}"


def protocol(scale: int) -> str:
    """The conditions of `score`, in words that belong beside every figure."""
    return (
        f"PSNR and SSIM (11 px Gaussian window, valid area) on Y of BT.601, {scale} px cut from each border,"
        " 8 bits, against the original, both as shown: through their profiles, as sRGB, upright"
    )


def score(pixels: Pixels, original: Pixels, scale: int) -> Score:
    """Of opaque RGB pictures; the original may be larger by the rest that `scale` leaves of its sides.

    Raises BadInputError, with a bare reason, for other sizes, and for pictures too small for the window.
    """
    # Most pages have no scores, and need not load what measures them.
    from upscale.evaluate.luma import crop_border, crop_to_multiple, luma
    from upscale.evaluate.psnr import psnr
    from upscale.evaluate.ssim import ssim

    if pixels.shape[:2] != original.shape[:2]:
        original = crop_to_multiple(original, scale)
    if pixels.shape[:2] != original.shape[:2]:
        height, width = original.shape[:2]
        raise BadInputError(f"the original has {width} x {height} pixels")
    if pixels.shape[2] != 3 or original.shape[2] != 3:
        raise BadInputError("scores need opaque pictures")
    sr_y, hr_y = (crop_border(luma(rgb), scale) for rgb in (pixels, original))
    return Score(psnr(sr_y, hr_y), ssim(sr_y, hr_y))


@dataclass(frozen=True)
class Mean(Score):
    """Of `count` pictures among `total`."""

    count: int
    total: int

    def __str__(self) -> str:
        part = "" if self.count == self.total else f" (mean of {self.count} of {self.total})"
        return super().__str__() + part


def mean(scores: Sequence[Score | None]) -> Mean | None:
    """Means over the pictures that have a score, of decibels too, as published; None without any."""
    known = [one for one in scores if one is not None]
    if not known:
        return None
    return Mean(fmean(one.psnr for one in known), fmean(one.ssim for one in known), len(known), len(scores))
