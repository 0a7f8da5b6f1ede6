"""All that a run must remember to go on as if it had never stopped."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from upscale.train.discriminators.several import Judges

from upscale.models.network import Network


@dataclass
class Adversary:
    """The other side of a GAN; `right` is the smoothed share of pictures that it has told right of late."""

    judges: Judges
    optimiser: torch.optim.Adam
    right: float = 0.5


@dataclass
class TrainState:
    """Networks, their averages, their optimisers and the position in the run; random numbers follow from that.

    `total` is 0 while a run by time has not yet found out how many steps fit; schedules go on by the length that it had
    `before` meanwhile, 0 for a new run. A batch is taken in `accumulate` parts.
    `pictures` tells one set of training pictures from another. `best` is the figure of the best network so far.
    """

    network: Network
    ema: Network
    optimiser: torch.optim.Adam
    device: torch.device
    dtype: torch.dtype
    adversary: Adversary | None = None
    step: int = 0
    total: int = 0
    before: int = 0
    accumulate: int = 1
    pictures: str = ""
    best: float | None = None
    history: list[dict[str, float]] = field(default_factory=list)

    @property
    def planned(self) -> int:
        """The length by which schedules go, 0 where there is none yet."""
        return self.total or self.before

    def autocast(self) -> AbstractContextManager[Any]:
        """Half-precision arithmetic where the run uses it."""
        return torch.autocast(self.device.type, self.dtype, enabled=self.dtype is not torch.float32)

    def require_adversary(self) -> Adversary:
        """The other side; ValueError in a run without a GAN loss."""
        if self.adversary is None:
            raise ValueError("this run has no discriminator")
        return self.adversary

    @torch.no_grad()
    def average(self, decay: float) -> None:
        """Move the average towards the network; the first steps count more, so that it starts warm."""
        decay = min(decay, (1 + self.step) / (10 + self.step))
        averaged: list[Tensor] = list(self.ema.parameters())
        current: list[Tensor] = list(self.network.parameters())
        torch._foreach_lerp_(averaged, current, 1 - decay)
        for kept, new in zip(self.ema.buffers(), self.network.buffers(), strict=True):
            kept.copy_(new)

    @torch.no_grad()
    def forget_statistics(self) -> None:
        """Undo what a step that was not taken has done to BatchNorm's running statistics."""
        for kept, new in zip(self.ema.buffers(), self.network.buffers(), strict=True):
            new.copy_(kept)
