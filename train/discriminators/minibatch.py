"""Minibatch discrimination: how close each picture of a batch is to the others, so that sameness gives away a fake."""

import torch
from torch import Tensor, nn

DIMENSIONS = 5  # of the space in which each kernel measures; improved-gan's own


class MinibatchDiscrimination(nn.Module):
    """M = f T, o_b(i) = sum over j != i of exp(-||M_ib - M_jb||_1), beside f (Salimans et al. 2016, section 3.2).

    The sum leaves i itself out, as the authors' code does: o is N - 1 for a batch of N equal pictures, 0 for a
    picture alone. Closeness is measured within the batch given, so to one process or one part of an accumulated
    batch. `outputs` counts the features with the closeness of each kernel.
    """

    def __init__(self, inputs: int, kernels: int) -> None:
        super().__init__()
        self.outputs = inputs + kernels
        # Distances of the size of the difference between two features: exp neither vanishes nor saturates.
        self.projection = nn.Parameter(torch.randn(inputs, kernels, DIMENSIONS) * inputs**-0.5)

    def forward(self, features: Tensor) -> Tensor:
        """Shape: (N, A) -> (N, A + kernels)."""
        with torch.autocast(features.device.type, enabled=False):
            exact = features.to(torch.promote_types(features.dtype, torch.float32))
            return torch.cat((exact, closeness(exact, self.projection)), dim=1)


def closeness(features: Tensor, projection: Tensor) -> Tensor:
    """o of the formula above. Shape: (N, A), (A, B, C) -> (N, B)."""
    placed = torch.einsum("na,abc->nbc", features, projection)
    distances = (placed[:, None] - placed[None]).abs().sum(dim=-1)  # (N, N, B)
    return (-distances).exp().sum(dim=1) - 1
