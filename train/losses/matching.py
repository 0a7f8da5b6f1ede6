"""Feature matching: what a discriminator sees, instead of what it says."""

from collections.abc import Sequence

import torch
from torch import Tensor


def feature_matching(fake: Sequence[Tensor], real: Sequence[Tensor]) -> Tensor:
    """Mean absolute difference of a discriminator's activations, picture by picture, summed over its layers.

    (Wang et al. 2018, pix2pixHD, eq. 4; that of Salimans et al. 2016 compares means over batches, for pictures that do
    not belong together.) No gradient for `real`. Shape: for each layer (N, ...), equal -> ().
    """
    return torch.stack([_distance(one, other.detach()) for one, other in zip(fake, real, strict=True)]).sum()


def _distance(fake: Tensor, real: Tensor) -> Tensor:
    # Means of half-precision differences would be rounded to half precision.
    fake, real = (side.to(torch.promote_types(side.dtype, torch.float32)) for side in (fake, real))
    return (fake - real).abs().mean()
