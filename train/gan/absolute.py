"""Objectives that judge each picture by itself.

Logits may have any shape, one for a picture or a map of them; every loss is a mean over all. The discriminator's come
as (real, fake), the generator's as (fake).
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def cross_entropy(logits: Tensor, label: float) -> Tensor:
    """-label log s - (1 - label) log(1 - s) with s = sigmoid(logits), stable for logits of any size."""
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


def vanilla_discriminator(real: Tensor, fake: Tensor, real_label: float = 1.0) -> Tensor:
    """-log D(real) - log(1 - D(fake)) (Goodfellow et al. 2014, eq. 1), a sum of two means.

    With `real_label` a below 1 the best D is a p_real / (p_real + p_fake) (Salimans et al. 2016, section 3.4).
    """
    return cross_entropy(real, real_label) + cross_entropy(fake, 0.0)


def vanilla_generator(fake: Tensor) -> Tensor:
    """-log D(fake), which does not saturate (Goodfellow et al. 2014, section 3; Ledig et al. 2017, eq. 6)."""
    return cross_entropy(fake, 1.0)


def saturating_generator(fake: Tensor) -> Tensor:
    """log(1 - D(fake)), the minimax form (Goodfellow et al. 2014, eq. 1): hardly a gradient while D wins."""
    return -cross_entropy(fake, 0.0)


def least_squares_discriminator(real: Tensor, fake: Tensor, real_label: float = 1.0) -> Tensor:
    """((real - 1)^2 + fake^2) / 2 (Mao et al. 2017, eq. 9 with a = 0, b = `real_label`)."""
    return ((real - real_label).square().mean() + fake.square().mean()) / 2


def least_squares_generator(fake: Tensor) -> Tensor:
    """(fake - 1)^2 / 2 (Mao et al. 2017, eq. 9 with c = 1)."""
    return (fake - 1).square().mean() / 2


def hinge_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """max(0, 1 - real) + max(0, 1 + fake) (Lim and Ye 2017; Miyato et al. 2018, eq. 16)."""
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def wasserstein_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """Fake - real: minus the distance estimated (Arjovsky et al. 2017, eq. 2); wants weights clipped or a penalty."""
    return fake.mean() - real.mean()


def critic_generator(fake: Tensor) -> Tensor:
    """-fake, what hinge and every WGAN have their generator minimise."""
    return -fake.mean()
