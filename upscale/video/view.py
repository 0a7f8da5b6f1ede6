"""What of a clip the network sees, and how it is shown afterwards: its planes as RGB on the device."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor

from upscale.video.colour import planes_to_rgb
from upscale.video.reader import Frame, VideoInfo

Hdr = Literal["keep", "tonemap", "error"]
Rotation = Literal["keep", "apply"]
MatrixWish = Literal["auto", "bt601", "bt709", "bt2020"]


@dataclass(frozen=True)
class Viewing:
    """What the user wants of the picture. `matrix` stands in for the clip's own tag."""

    hdr: Hdr = "keep"
    rotation: Rotation = "keep"
    matrix: MatrixWish = "auto"


@dataclass(frozen=True)
class View:
    """A clip seen that way. `stored`: as its planes are; `info`: as it is once turned and tone-mapped."""

    stored: VideoInfo
    info: VideoInfo
    viewing: Viewing
    notes: tuple[str, ...] = ()


def plan_view(stored: VideoInfo, viewing: Viewing) -> View:
    """Settle how a clip is seen. Raises UsageError for HDR with `--hdr error`."""
    return View(stored, stored, viewing)


class FrameSource:
    """A frame as the engine reads it: converted to RGB on the device when its first rows are asked for.

    `check` is called with every reading and may raise, which ends the work on the frame.
    """

    def __init__(self, frame: Frame, view: View, device: torch.device, check: Callable[[], None]) -> None:
        self.frame = frame
        self.height, self.width = view.info.height, view.info.width
        self._view, self._device, self._check = view, device, check

    @cached_property
    def rgb(self) -> Tensor:
        """The whole picture. Shape: (3, H, W), float32, out-of-gamut colours kept."""
        stored = self._view.stored
        planes = [torch.from_numpy(plane).to(self._device) for plane in self.frame.planes]
        return planes_to_rgb(planes, stored.layout, stored.colour)

    def read(self, top: int, bottom: int) -> Tensor:
        """Rows top <= y < bottom. Shape: (3, bottom - top, width)."""
        self._check()
        return self.rgb[:, top:bottom]
