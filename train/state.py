"""All that a run must remember to go on as if it had never stopped."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from upscale.models.network import Network


@dataclass
class TrainState:
    """Networks, their averages, their optimisers, the random generator and the position in the run.

    `total` is 0 while a run by time has not yet found out how many steps fit. `pictures` tells one set of
    training pictures from another.
    """

    network: Network
    ema: Network
    optimiser: torch.optim.Adam
    generator: torch.Generator
    device: torch.device
    dtype: torch.dtype
    discriminator: nn.Module | None = None
    optimiser_d: torch.optim.Adam | None = None
    step: int = 0
    total: int = 0
    pictures: str = ""
    history: list[dict[str, float]] = field(default_factory=list)

    def autocast(self) -> AbstractContextManager[Any]:
        """Half-precision arithmetic where the run uses it."""
        return torch.autocast(self.device.type, self.dtype, enabled=self.dtype is not torch.float32)

    def require_discriminator(self) -> tuple[nn.Module, torch.optim.Adam]:
        """The discriminator and its optimiser; ValueError in a run without a GAN loss."""
        if self.discriminator is None or self.optimiser_d is None:
            raise ValueError("this run has no discriminator")
        return self.discriminator, self.optimiser_d

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
