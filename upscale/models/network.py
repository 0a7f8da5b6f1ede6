"""What all networks have in common: a configuration, a contract, and their form as stages."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from upscale.models.spec import ModelSpec
from upscale.models.stages import Stage, receptive_radius


class Network(nn.Module, ABC):
    """A super-resolution network. `config` is the frozen dataclass it was built from, None where it needs none."""

    config: Any
    spec: ModelSpec

    @abstractmethod
    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge. Shape: (N, 3, H, W), RGB in [0, 1], any H, W >= 1 -> (N, 3, H * scale, W * scale), not clamped."""

    @abstractmethod
    def stages(self) -> tuple[Stage, ...] | None:
        """The same network, in evaluation mode, as stages; None for a black box that can only be called."""

    def picture_path(self) -> list[tuple[nn.Conv2d, int]]:
        """The convolutions by which it could give its input out, enlarged; empty where activations are in the way.

        With each, how often it would repeat a channel: `factor**2` times before a sub-pixel shuffle, 0 times where its
        output is only added to what passes by.
        """
        return []

    def describe(self, name: str, architecture: str, scale: int) -> None:
        """Fill in the contract; the radius follows from the stages."""
        stages = self.stages()
        radius = None if stages is None else receptive_radius(stages)
        self.spec = ModelSpec(name=name, architecture=architecture, scale=scale, channels=3, radius=radius)


def awaken(convs: Sequence[nn.Conv2d]) -> None:
    """Weights for a plain chain of convolutions from scratch: He et al. 2015, eq. 10, a tenth of it in the last.

    torch's own default is smaller and kept such networks close to linear for thousands of steps.
    """
    for module in convs:
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    with torch.no_grad():
        convs[-1].weight.mul_(0.1)
