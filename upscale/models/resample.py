"""Classical interpolation as networks without weights: the baselines, and the first step of SRCNN."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from upscale.imresize import cubic
from upscale.models.network import Network
from upscale.models.stages import Enlarge, Stage, run

Kernel = Literal["nearest", "bicubic", "lanczos"]


@dataclass(frozen=True)
class ResampleConfig:
    """Which kernel, and the whole factor it enlarges by."""

    scale: int
    kernel: Kernel


class Resample(Network):
    """Interpolation by a whole factor, edges repeated."""

    def __init__(self, config: ResampleConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("kernel", kernel_matrix(config.kernel, config.scale), persistent=False)
        self.describe(config.kernel, "resample", config.scale)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge. Shape: (N, 3, H, W) -> (N, 3, H * scale, W * scale)."""
        return run(self.stages(), lr)

    def stages(self) -> tuple[Stage, ...]:
        """One interpolation."""
        return (Enlarge(self.get_buffer("kernel")),)


def kernel_matrix(kernel: Kernel, scale: int) -> Tensor:
    """The weights of every output phase. Shape: (scale, 2 * reach + 1), rows sum to 1."""
    function, reach = _KERNELS[kernel]
    # Output sample q of input sample 0 lies at (q + 0.5) / scale - 0.5: pixel centres, not corners.
    position = (np.arange(scale) + 0.5) / scale - 0.5
    weights = function(position[:, None] - np.arange(-reach, reach + 1))
    return torch.from_numpy(weights / weights.sum(axis=1, keepdims=True)).float()


def _nearest(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return (np.abs(x) <= 0.5).astype(np.float64)


def _lanczos(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lanczos with three lobes: sinc(x) sinc(x / 3)."""
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0.0)


_KERNELS: dict[Kernel, tuple[Callable[[NDArray[np.float64]], NDArray[np.float64]], int]] = {
    "nearest": (_nearest, 0),
    "bicubic": (cubic, 2),
    "lanczos": (_lanczos, 3),
}
