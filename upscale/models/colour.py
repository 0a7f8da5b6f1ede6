"""Luma for networks that work on brightness alone.

Y = 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), full range. The studio-range Y of published figures is an affine
function of it, so a network that is best on one is best on the other.
"""

import torch
from torch import Tensor

LUMA = (0.299, 0.587, 0.114)


def luma(rgb: Tensor) -> Tensor:
    """Brightness. Shape: (N, 3, H, W) -> (N, 1, H, W), same range."""
    weights = torch.tensor(LUMA, dtype=rgb.dtype, device=rgb.device)
    return (rgb * weights[:, None, None]).sum(dim=1, keepdim=True)


def chroma_kernel() -> Tensor:
    """The 1 x 1 convolution that leaves rgb - luma(rgb). Shape: (3, 3, 1, 1)."""
    return (torch.eye(3) - torch.tensor(LUMA).expand(3, 3))[:, :, None, None]


def on_luma(weight: Tensor) -> Tensor:
    """A first convolution on Y as one on RGB. Shape: (O, 1, k, k) -> (O, 3, k, k)."""
    weights = torch.tensor(LUMA, dtype=weight.dtype, device=weight.device)
    return weight * weights[:, None, None]
