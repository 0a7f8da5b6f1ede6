"""Virtual batch normalisation: each picture is normalised with a fixed batch, not with its neighbours.

(Salimans et al. 2016, section 3.4.) The reference batch goes through the network in front of the pictures judged,
since its statistics in each layer follow from the weights of the moment: that costs as much again.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from upscale.train.config import Norm

# A batch of SRGAN's training. Fixed, so that a saved state always fits.
REFERENCE_PICTURES = 16
_EPSILON = 1e-5  # as torch's BatchNorm


class VirtualNorm(nn.Module):
    """Normalise with the statistics of the reference batch (n pictures) and, with weight 1 / (n + 1), one's own.

    The first `REFERENCE_PICTURES` of each batch are the reference; they are normalised by their own statistics.
    """

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(maps))
        self.bias = nn.Parameter(torch.zeros(maps))

    def forward(self, x: Tensor) -> Tensor:
        """Shape: (n + N, C, H, W), kept."""
        exact = x.to(torch.promote_types(x.dtype, torch.float32))
        fixed = exact[:REFERENCE_PICTURES]
        mean, var = _together(fixed, exact[REFERENCE_PICTURES:])
        scale = torch.rsqrt(var + _EPSILON) * self.weight[:, None, None]
        return ((exact - mean) * scale + self.bias[:, None, None]).to(x.dtype)


def _together(fixed: Tensor, own: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance for each of the reference pictures, then for each of the others.

    Shape: (n, C, H, W), (N, C, H, W) -> (n + N, C, 1, 1) twice.
    """
    mean_fixed, var_fixed = _moments(fixed, (0, 2, 3))
    mean_own, var_own = _moments(own, (2, 3))
    share = 1 / (len(fixed) + 1)
    mean = mean_fixed + share * (mean_own - mean_fixed)
    # The variance of two groups together: within each, and between the two.
    within = var_fixed + share * (var_own - var_fixed)
    var = within + share * (1 - share) * (mean_own - mean_fixed).square()
    shape = (len(fixed), -1, -1, -1)
    return torch.cat((mean_fixed.expand(shape), mean)), torch.cat((var_fixed.expand(shape), var))


def _moments(x: Tensor, dims: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    return x.mean(dims, keepdim=True), x.var(dims, correction=0, keepdim=True)


def own_part(activations: Sequence[Tensor], norm: Norm) -> tuple[Tensor, ...]:
    """Activations without those of the reference batch, where there is one."""
    first = REFERENCE_PICTURES if norm == "virtual" else 0
    return tuple(activation[first:] for activation in activations)
