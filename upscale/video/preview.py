"""One moment of a clip before and after, without encoding: no more than a crop of it goes through the network."""

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from upscale.atomic import make_folder
from upscale.engine.bands import TensorSource
from upscale.engine.enlarge import enlarge
from upscale.engine.scaling import ScalePlan
from upscale.engine.sizes import SizeWish
from upscale.engine.upscaler import Upscaler
from upscale.errors import UsageError
from upscale.images.encoding import Encoding
from upscale.images.image_io import write_picture
from upscale.images.picture import Picture
from upscale.video.frame_source import FrameSource
from upscale.video.pipeline import VideoJob
from upscale.video.reading.reader import Frame, VideoReader
from upscale.video.reading.timing import Span
from upscale.video.square import as_shown
from upscale.video.view import View, plan_view

# Of networks that do not know how far they look.
_BLIND_HALO_PX = 64


@dataclass(frozen=True)
class Crop:
    """A part of the picture in its own pixels; from the middle where it has no corner. Cut where it reaches beyond."""

    height_px: int
    width_px: int
    top_px: int | None = None
    left_px: int | None = None

    def within(self, height: int, width: int) -> tuple[slice, slice]:
        """(rows, columns) of a picture of that size. UsageError for a corner that lies outside."""
        top = (height - self.height_px) // 2 if self.top_px is None else self.top_px
        left = (width - self.width_px) // 2 if self.left_px is None else self.left_px
        if top >= height or left >= width:
            raise UsageError(f"--crop begins at {left}+{top}, outside the picture of {width}x{height}")
        top, left = max(0, top), max(0, left)
        return slice(top, min(height, top + self.height_px)), slice(left, min(width, left + self.width_px))


def write_preview(job: VideoJob, at_s: Fraction, crop: Crop, upscaler: Upscaler, plan: ScalePlan) -> tuple[Path, Path]:
    """Write the crop's own pixels and the enlarged ones as PNGs; their paths. Existing ones are replaced.

    `job.target` names the second: clip_preview_after.png. Raises BadInputError for a clip without a frame there,
    OutputError where the pictures cannot be written.
    """
    reading = replace(job.reading, span=Span(at_s), hwaccel="none")
    with VideoReader(job.source, reading) as reader:
        view, plan = as_shown(plan_view(reader.info, job.viewing), plan)
        frame = next(reader.frames())
        before, after = _enlarged(frame, view, crop, upscaler, plan)
    make_folder(job.target.parent)
    # The last one is ours: a clip may be called so, too.
    stem, _, rest = job.target.name.rpartition("_after")
    paths = job.target.with_name(f"{stem}_before{rest}"), job.target
    for path, rgb in zip(paths, (before, after), strict=True):
        write_picture(path, Picture(_pixels(rgb)), Encoding())
    return paths


def _enlarged(frame: Frame, view: View, crop: Crop, upscaler: Upscaler, plan: ScalePlan) -> tuple[Tensor, Tensor]:
    """The crop, and what becomes of it. Shapes: (3, h, w) and (3, h * factor, w * factor)."""
    rgb = FrameSource(frame, view, upscaler.device, lambda: None).rgb
    height, width = rgb.shape[1:]
    rows, columns = crop.within(height, width)
    halo = _halo_px(plan, height, width)
    top, left = max(0, rows.start - halo), max(0, columns.start - halo)
    seen = rgb[:, top : rows.stop + halo, left : columns.stop + halo]
    target = plan.target(height, width)
    factors = target.rows.ratio, target.columns.ratio
    # The size that is wished is the whole frame's: of its part the same share.
    size = round(seen.shape[1] * factors[0]), round(seen.shape[2] * factors[1])
    own = replace(plan, wish=SizeWish(frame=size, fit="stretch"))
    [(_, large)] = enlarge(upscaler, own, [TensorSource(seen)])
    parts = [
        slice(round((part.start - first) * factor), round((part.stop - first) * factor))
        for part, first, factor in zip((rows, columns), (top, left), factors, strict=True)
    ]
    return rgb[:, rows, columns], large[:, parts[0], parts[1]]


def _halo_px(plan: ScalePlan, height: int, width: int) -> int:
    """How far what is around the crop changes it."""
    network = plan.route(height, width).network
    if network is None:
        return _BLIND_HALO_PX
    return _BLIND_HALO_PX if network.spec.radius is None else network.spec.radius + 4  # the last resize looks, too


def _pixels(rgb: Tensor) -> NDArray[np.uint8]:
    codes = rgb.clamp(0, 1).mul(255).round().to(torch.uint8)
    pixels: NDArray[np.uint8] = codes.permute(1, 2, 0).contiguous().cpu().numpy()
    return pixels
