"""Critics that stay Lipschitz: the gradient penalty of WGAN-GP, and WGAN's clipping."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from upscale.train.gan.draws import uniform_per_sample
from upscale.train.gan.precision import full, per_sample

Critic = Callable[[Tensor], Tensor]
"""Pictures to logits, one for a picture or a map of them. Shape: (N, ...) -> (N, ...)."""


def gradient_penalty(
    critic: Critic, real: Tensor, fake: Tensor, generator: torch.Generator, *, part: tuple[int, int] = (0, 1)
) -> Tensor:
    """The mean of (||grad C(x)|| - 1)^2 at x between real and fake, before its weight lambda.

    Gulrajani et al. 2017, eq. 3: x = a real + (1 - a) fake, `a` uniform for each sample; the norm goes over all that a
    sample consists of. In fp32, since it is differentiated twice. `generator` may live on any device; `part`: see
    draws.py. The critic is called once, on x: one with BatchNorm would count it as real pictures, and is of no use
    here anyway. Shape: (N, ...) both -> ().
    """
    with torch.autocast(real.device.type, enabled=False):
        real, fake = full(real.detach()), full(fake.detach())
        share = uniform_per_sample(real, generator, part)
        between = (share * real + (1 - share) * fake).requires_grad_()
        return (slopes(critic(between), between) - 1).square().mean()


def slopes(opinions: Tensor, pictures: Tensor) -> Tensor:
    """The norm of the gradient of each picture's mean opinion by that picture; can itself be differentiated.

    Shape: (N, ...), (N, ...) that `opinions` were computed from -> (N,).
    """
    (gradient,) = torch.autograd.grad(per_sample(opinions).sum(), pictures, create_graph=True)
    norms: Tensor = torch.linalg.vector_norm(gradient.reshape(len(pictures), -1), dim=1)
    return norms


@torch.no_grad()
def clip_weights(module: nn.Module, bound: float) -> None:
    """Keep every parameter within +-bound, in place, after each step of the critic (Arjovsky et al. 2017, alg. 1)."""
    for parameter in module.parameters():
        parameter.clamp_(-bound, bound)
