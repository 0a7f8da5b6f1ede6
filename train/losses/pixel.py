"""Pixel losses: means over all samples."""

from torch import Tensor


def l1(sr: Tensor, hr: Tensor) -> Tensor:
    """Mean absolute error (EDSR, Lim et al. 2017, section 3.2). Shape: equal -> ()."""
    return (sr - hr).abs().mean()


def mse(sr: Tensor, hr: Tensor) -> Tensor:
    """Mean squared error (SRGAN, Ledig et al. 2017, eq. 4, also averaged over channels). Shape: equal -> ()."""
    return (sr - hr).square().mean()
