"""The colour loss: what is left to compare where neither texture nor places can be told."""

import torch
import torch.nn.functional as F
from torch import Tensor
from upscale.train.losses.names import COLOUR_TAPS

# Of the authors' code; their text writes another width.
_SIGMA_PX = 3.0


def colour(sr: Tensor, hr: Tensor) -> Tensor:
    """Mean squared error of the blurred pictures (DPED, Ignatov et al. 2017, eq. 1 and 2). Shape: (N, C, H, W) -> ().

    A discriminator and VGG leave colours to themselves; this holds them, and lets invented texture be. A shift of all
    samples by c costs c^2. Only positions whose whole neighbourhood is in the picture count: sides of 21 at least.
    """
    steps = torch.arange(COLOUR_TAPS, device=sr.device, dtype=sr.dtype) - COLOUR_TAPS // 2
    taps = torch.exp(-0.5 * (steps / _SIGMA_PX).square())
    taps /= taps.sum()
    # Blurring is linear: one blur of the difference is that of both.
    difference = (sr - hr).flatten(0, 1)[:, None]
    rows = F.conv2d(difference, taps[None, None, :, None])
    return F.conv2d(rows, taps[None, None, None, :]).square().mean()
