"""What the two sides of a GAN minimise, as functions of the discriminator's logits."""

import torch
import torch.nn.functional as F
from torch import Tensor


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """-log D(real) - log(1 - D(fake)), from logits (Goodfellow et al. 2014, eq. 1). Shape: any -> ()."""
    return F.binary_cross_entropy_with_logits(real, torch.ones_like(real)) + F.binary_cross_entropy_with_logits(
        fake, torch.zeros_like(fake)
    )


def generator_loss(fake: Tensor) -> Tensor:
    """-log D(fake), the non-saturating form (Ledig et al. 2017, eq. 6, as a mean). Shape: any -> ()."""
    return F.binary_cross_entropy_with_logits(fake, torch.ones_like(fake))
