"""Pixel losses: means over all samples."""

from torch import Tensor


def l1(sr: Tensor, hr: Tensor) -> Tensor:
    """Mean absolute error (EDSR, Lim et al. 2017, section 3.2). Shape: equal -> ()."""
    return (sr - hr).abs().mean()


def mse(sr: Tensor, hr: Tensor) -> Tensor:
    """Mean squared error (SRGAN, Ledig et al. 2017, eq. 4, also averaged over channels). Shape: equal -> ().

    The paper compares in [-1, 1]: its value is 4 times that in [0, 1].
    """
    return (sr - hr).square().mean()


def charbonnier(sr: Tensor, hr: Tensor, epsilon: float = 1e-3) -> Tensor:
    """Mean of sqrt(difference^2 + epsilon^2), an L1 that is smooth at 0. Shape: equal -> ().

    (LapSRN, Lai et al. 2017, section 3.2.) BasicSR's `eps` of 1e-12 is our epsilon of 1e-6, which is as good as L1.
    """
    return ((sr - hr).square() + epsilon**2).sqrt().mean()
