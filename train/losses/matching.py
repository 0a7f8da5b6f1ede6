"""Feature matching: what a discriminator sees, instead of what it says."""

from collections.abc import Sequence

import torch
from torch import Tensor


def feature_matching(fake: Sequence[Tensor], real: Sequence[Tensor], *, paired: bool = True) -> Tensor:
    """Distance of a discriminator's activations, summed over its layers; no gradient for `real`.

    Paired: mean absolute difference, picture by picture (Wang et al. 2018, pix2pixHD, eq. 4). Else the squared
    difference of the batch's means, as a mean over features (Salimans et al. 2016, section 3.1), for pictures that do
    not belong together. Shape: for each layer (N, ...), equal -> ().
    """
    return torch.stack([_distance(one, other.detach(), paired) for one, other in zip(fake, real, strict=True)]).sum()


def _distance(fake: Tensor, real: Tensor, paired: bool) -> Tensor:
    # Means of half-precision differences would be rounded to half precision.
    fake, real = (side.to(torch.promote_types(side.dtype, torch.float32)) for side in (fake, real))
    if paired:
        return (fake - real).abs().mean()
    return (fake.mean(dim=0) - real.mean(dim=0)).square().mean()
