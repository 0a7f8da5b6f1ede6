"""The perceptual loss: distance between feature maps instead of pixels."""

from torch import Tensor

# "Rescaling the feature maps by a factor of 1/12.75 to obtain VGG losses of a scale that is comparable to the MSE loss.
# This is equivalent to multiplying with a rescaling factor of about 0.006." (Ledig et al. 2017, section 3.2)
PAPER_SCALE = 1 / 12.75


def perceptual(sr: Tensor, hr: Tensor, *, scale: float = PAPER_SCALE, l1: bool = False) -> Tensor:
    """Mean squared difference of features, both times `scale` (Ledig et al. 2017, eq. 5). Shape: equal -> ().

    The paper's sum over channels is a mean, as in all implementations: its weights belong to that. With `l1` the mean
    absolute difference (ESRGAN, Wang et al. 2018, section 3.3).
    """
    difference = sr - hr
    return scale * difference.abs().mean() if l1 else scale**2 * difference.square().mean()
