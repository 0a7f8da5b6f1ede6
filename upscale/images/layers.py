"""Samples to the network's tensors and back."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from upscale.images.picture import WHITE, Rows, Samples


@dataclass(frozen=True, eq=False)
class Layer:
    """Colour, gray or alpha samples as a source of rows (an LrSource); `whole`: its result is wanted in one piece.

    `binary`: all samples are 0 or white, and so are the result's. `rows`: where samples come from that are not in
    memory; `samples` has their shape and type then.
    Shape of `samples`: (height, width, 1 or 3). One channel is given to the network three times.
    """

    samples: Samples
    device: torch.device
    whole: bool = False
    binary: bool = False
    rows: Rows | None = None

    @property
    def height(self) -> int:
        """Rows, in pixels."""
        return int(self.samples.shape[0])

    @property
    def width(self) -> int:
        """Columns, in pixels."""
        return int(self.samples.shape[1])

    def read(self, top: int, bottom: int) -> Tensor:
        """Rows top <= y < bottom. Shape: (3, bottom - top, width), float32, white is 1."""
        part = self.samples[top:bottom] if self.rows is None else self.rows.read(top, bottom)
        rows = torch.from_numpy(part).to(self.device)
        unit = rows.permute(2, 0, 1).to(torch.float32) / WHITE[self.samples.dtype]
        return unit.expand(3, -1, -1)

    def quantise(self, sr: Tensor) -> Samples:
        """Rows of the network's answer as samples of this layer's type and channels.

        Integers are clamped and rounded, halves to even; float stays as it is. One channel is the mean of the
        three. Shapes: (3, n, m) to (n, m, 1 or 3).
        """
        if self.samples.shape[2] == 1:
            sr = sr.mean(dim=0, keepdim=True)
        rows = sr.permute(1, 2, 0)
        if self.binary:
            rows = (rows >= 0.5).to(torch.float32)
        dtype = self.samples.dtype
        if dtype == np.float32:
            return rows.to(torch.float32).cpu().numpy()
        levels = rows.clamp(0, 1).mul_(WHITE[dtype]).round_()
        if dtype == np.uint8:
            return levels.to(torch.uint8).cpu().numpy()
        return levels.to(torch.int32).cpu().numpy().astype(dtype)  # torch hardly computes in uint16
