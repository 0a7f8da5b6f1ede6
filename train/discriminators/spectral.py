"""Spectral normalisation: weights whose largest singular value, as a matrix, is 1 (Miyato et al. 2018, algorithm 1).

Of our own because torch's iterates in half precision under autocast, and keeps two vectors where one will do.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class SpectralConv2d(nn.Conv2d):
    """A convolution whose weight is divided by its largest singular value, one power iteration a training pass."""

    def __init__(self, inputs: int, maps: int, kernel: int, stride: int, *, padding: int, bias: bool) -> None:
        super().__init__(inputs, maps, kernel, stride, padding, bias=bias)
        self.register_buffer("direction", F.normalize(torch.randn(maps), dim=0))

    def forward(self, x: Tensor) -> Tensor:
        """Shape: (N, I, H, W) -> (N, O, H', W')."""
        weight = normalised(self.weight, self.get_buffer("direction"), iterate=self.training)
        convolved: Tensor = self._conv_forward(x, weight, self.bias)
        return convolved


class SpectralLinear(nn.Linear):
    """The same for a dense layer."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs)
        self.register_buffer("direction", F.normalize(torch.randn(outputs), dim=0))

    def forward(self, x: Tensor) -> Tensor:
        """Shape: (N, I) -> (N, O)."""
        return F.linear(x, normalised(self.weight, self.get_buffer("direction"), iterate=self.training), self.bias)


def normalised(weight: Tensor, direction: Tensor, *, iterate: bool) -> Tensor:
    """The weight over its largest singular value, which is differentiated, unlike the vectors that find it.

    `iterate` improves `direction`, the left singular vector, in place. Shape: (O, ...), (O,) -> (O, ...).
    """
    with torch.autocast(weight.device.type, enabled=False):
        matrix = weight.flatten(1)
        with torch.no_grad():
            right = F.normalize(matrix.T.mv(direction), dim=0)
            # A tensor of its own: the next pass changes `direction`, and this one's gradient needs it as it is.
            left = F.normalize(matrix.mv(right), dim=0) if iterate else direction.clone()
            if iterate:
                direction.copy_(left)
        return weight / left.dot(matrix.mv(right))
