"""The network as the paper draws it and as other tools run it: BatchNorms apart, the last layer at full size.

`Srresnet.forward` is rewritten already; a peer that were given it would profit from our work.
"""

import torch
from torch import Tensor, nn

from upscale.models.network import Network
from upscale.models.srresnet import Srresnet
from upscale.models.stages import Stage, run


class OriginalGraph(nn.Module):
    """The same modules and weights, in the paper's order."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        if not isinstance(network, Srresnet):
            raise TypeError(f"{network.spec.name} is no SRGAN generator")
        self.before = nn.Sequential(network.head, network.head_prelu)
        self.body = nn.Sequential(*network.blocks, network.body_tail, network.body_norm)
        self.after = nn.Sequential(*network.upsamplers, network.tail)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge. Shape: (N, 3, H, W) -> (N, 3, H * 4, W * 4)."""
        features = self.before(lr)
        sr: Tensor = self.after(features + self.body(features))
        return sr


class StagesGraph(nn.Module):
    """A list of stages as a module that other runtimes can convert."""

    def __init__(self, stages: tuple[Stage, ...]) -> None:
        super().__init__()
        self._stages = stages

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge. Shape: (N, 3, H, W) -> (N, 3, H * scale, W * scale)."""
        return run(self._stages, lr)


def tiny() -> Tensor:
    """A picture to trace a graph with: tracing with a large one would show in the peak memory."""
    return torch.zeros(1, 3, 16, 16)
