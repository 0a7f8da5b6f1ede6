"""Frames as the engine reads them: colours, and beside them, where it says something, transparency."""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from upscale.images.transparency import bleed
from upscale.video.colour.conversion import alpha_level, planes_to_rgb
from upscale.video.colour.layout import Samples
from upscale.video.reading.reader import Frame
from upscale.video.view import View


class FrameSource:
    """A frame's colours: converted to RGB on the device when the first rows are asked for.

    `check` is called with every reading and may raise, which ends the work on the frame. `alpha`: the frame's
    transparency where it varies; what is invisible then takes the colours beside it. `opacity`: of the whole frame,
    0 to 1, where it is all the same.
    """

    def __init__(
        self,
        frame: Frame,
        view: View,
        device: torch.device,
        check: Callable[[], None],
        alpha: "AlphaSource | None" = None,
        opacity: float = 1.0,
    ) -> None:
        self.frame, self.opacity = frame, opacity
        self.height, self.width = view.info.height, view.info.width
        self._view, self._device, self._check, self._alpha = view, device, check, alpha

    @cached_property
    def rgb(self) -> Tensor:
        """The whole picture. Shape: (3, H, W), float32, out-of-gamut colours kept."""
        view = self._view
        planes = [_tensor(plane).to(self._device) for plane in self.frame.planes[: view.stored.layout.colours]]
        rgb = planes_to_rgb(planes, view.stored.layout, view.stored.colour)
        if self._alpha is not None:
            rgb = _bled(rgb, self._alpha.level)
        if view.tone_map is not None:
            rgb = view.tone_map.apply(rgb)
        return rgb if view.turn is None else view.turn.apply(rgb)

    def read(self, top: int, bottom: int) -> Tensor:
        """Rows top <= y < bottom. Shape: (3, bottom - top, width)."""
        self._check()
        return self.rgb[:, top:bottom]


class AlphaSource:
    """A frame's transparency as a gray picture of its own. `binary`: nothing in it is half transparent."""

    def __init__(self, plane: Samples, view: View, device: torch.device, check: Callable[[], None]) -> None:
        self.height, self.width = view.info.height, view.info.width
        self.binary = bool(((plane == 0) | (plane == view.stored.layout.peak)).all())
        self._plane, self._view, self._device, self._check = plane, view, device, check

    @cached_property
    def level(self) -> Tensor:
        """How opaque each pixel is, as it is stored. Shape: (H, W), float32, 0 to 1."""
        return alpha_level(_tensor(self._plane).to(self._device), self._view.stored.layout)

    @cached_property
    def _seen(self) -> Tensor:
        turn = self._view.turn
        return self.level if turn is None else turn.apply(self.level)

    def read(self, top: int, bottom: int) -> Tensor:
        """Rows top <= y < bottom. Shape: (3, bottom - top, width)."""
        self._check()
        return self._seen[top:bottom].expand(3, -1, -1)

    def enlarged(self, rgb: Tensor) -> Tensor:
        """Alpha as the network gave it; where the source is of one bit, it stays so. Shape: (3, H, W) -> (H, W)."""
        level = rgb.mean(0)
        return (level >= 0.5).to(level.dtype) if self.binary else level


def frame_sources(
    frames: Iterable[Frame], view: View, device: torch.device, check: Callable[[], None], *, with_alpha: bool
) -> Iterator[FrameSource | AlphaSource]:
    """What the network has to see of each frame: its colours last, before them alpha where it is wanted and varies."""
    layout = view.stored.layout
    for frame in frames:
        if not (with_alpha and layout.has_alpha):
            yield FrameSource(frame, view, device, check)
            continue
        plane = frame.planes[-1]
        if (plane == plane[0, 0]).all():
            yield FrameSource(frame, view, device, check, opacity=float(plane[0, 0]) / layout.peak)
            continue
        alpha = AlphaSource(plane, view, device, check)
        yield alpha
        yield FrameSource(frame, view, device, check, alpha)


def _tensor(plane: Samples) -> Tensor:
    """Torch knows neither the other byte order nor rows that run backwards."""
    native = plane.astype(plane.dtype.newbyteorder("="), copy=False)
    return torch.from_numpy(np.ascontiguousarray(native) if min(native.strides) < 0 else native)


def _bled(rgb: Tensor, alpha: Tensor) -> Tensor:
    """Invisible colours near visible ones replaced by theirs. Shapes: (3, H, W) and (H, W)."""
    pixels, seen = rgb.cpu().permute(1, 2, 0).contiguous().numpy(), alpha.cpu()[..., None].numpy()
    return torch.from_numpy(bleed(pixels, seen)).to(rgb.device).permute(2, 0, 1).contiguous()
