"""Objectives that ask which of two pictures is the more real one (Jolicoeur-Martineau 2018).

Each is what the discriminator minimises for (real, fake). The generator minimises the same for (fake, real): it wants
the opposite. Only differences count, so adding a constant to all logits changes nothing. The `ra` kinds compare with
the mean over all logits of the other side: over the batch, and over the places of a map. In a run of several processes
that is each process's own part of the batch, so that two do not compute exactly what one with twice the batch would.
"""

import torch.nn.functional as F
from torch import Tensor
from upscale.train.gan.absolute import cross_entropy


def rsgan(real: Tensor, fake: Tensor) -> Tensor:
    """-log sigmoid(real - fake) (section 4.1), pairs by index; ValueError if the two sides do not pair.

    Shape: (N, ...) both.
    """
    if real.shape != fake.shape:
        raise ValueError(f"rsgan compares pairs: {tuple(real.shape)} real logits, {tuple(fake.shape)} fake ones")
    return cross_entropy(real - fake, 1.0)


def ragan(real: Tensor, fake: Tensor) -> Tensor:
    """Half of -log s(real - mean fake) - log(1 - s(fake - mean real)), s the sigmoid (section 4.3).

    Half, as in the author's code and in BasicSR's, where ESRGAN's weight 5e-3 comes from.
    """
    return (cross_entropy(real - fake.mean(), 1.0) + cross_entropy(fake - real.mean(), 0.0)) / 2


def ralsgan(real: Tensor, fake: Tensor) -> Tensor:
    """Half of (real - mean fake - 1)^2 + (fake - mean real + 1)^2 (DeblurGAN-v2, Kupyn et al. 2019)."""
    return ((real - fake.mean() - 1).square().mean() + (fake - real.mean() + 1).square().mean()) / 2


def rahinge(real: Tensor, fake: Tensor) -> Tensor:
    """max(0, 1 - (real - mean fake)) + max(0, 1 + (fake - mean real)) (appendix; the author's code halves it)."""
    return F.relu(1 - (real - fake.mean())).mean() + F.relu(1 + (fake - real.mean())).mean()
