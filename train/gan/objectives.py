"""What the two sides of a GAN minimise, by the names of `GanConfig.objective`, as functions of logits."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from torch import Tensor
from upscale.train.config import GanName
from upscale.train.gan.absolute import (
    critic_generator,
    hinge_discriminator,
    least_squares_discriminator,
    least_squares_generator,
    saturating_generator,
    vanilla_discriminator,
    vanilla_generator,
    wasserstein_discriminator,
)
from upscale.train.gan.names import check_real_label
from upscale.train.gan.precision import full
from upscale.train.gan.relativistic import ragan, rahinge, ralsgan, rsgan

Compared = Callable[[Tensor, Tensor], Tensor]

_RELATIVISTIC: Mapping[str, Compared] = MappingProxyType(
    {"rsgan": rsgan, "ragan": ragan, "ralsgan": ralsgan, "rahinge": rahinge}
)
_LABELLED: Mapping[str, Callable[[Tensor, Tensor, float], Tensor]] = MappingProxyType(
    {
        "vanilla": vanilla_discriminator,
        "saturating": vanilla_discriminator,
        "lsgan": least_squares_discriminator,
    }
)
_DISCRIMINATOR: Mapping[str, Compared] = MappingProxyType(
    {"hinge": hinge_discriminator, "wgan": wasserstein_discriminator, "wgan-gp": wasserstein_discriminator}
)
_GENERATOR: Mapping[str, Callable[[Tensor], Tensor]] = MappingProxyType(
    {
        "vanilla": vanilla_generator,
        "saturating": saturating_generator,
        "lsgan": least_squares_generator,
        "hinge": critic_generator,
        "wgan": critic_generator,
        "wgan-gp": critic_generator,
        "wgan-qc": critic_generator,
    }
)


def discriminator_loss(name: GanName, real: Tensor, fake: Tensor, *, real_label: float = 1.0) -> Tensor:
    """What the discriminator minimises, without the penalty of `wgan-gp` and the clipping of `wgan`.

    Shape: (N, ...) each -> (). UsageError for a `real_label` other than 1 where none is meant; ValueError for
    `wgan-qc`, whose critic needs pictures and slopes, too: `transport.quadratic_cost_loss`.
    """
    check_real_label(name, real_label)
    real, fake = full(real), full(fake)
    if name in _LABELLED:
        return _LABELLED[name](real, fake, real_label)
    if name in _RELATIVISTIC:
        return _RELATIVISTIC[name](real, fake)
    if name not in _DISCRIMINATOR:
        raise ValueError(f"{name} has no loss of logits alone: see train/gan/transport.py")
    return _DISCRIMINATOR[name](real, fake)


def generator_loss(name: GanName, real: Tensor, fake: Tensor) -> Tensor:
    """What the generator minimises, before its weight in the sum of losses.

    `real` counts for the relativistic ones only; the caller detaches it. Label smoothing never reaches this side
    (Salimans et al. 2016, section 3.4). Shape: (N, ...) each -> ().
    """
    real, fake = full(real), full(fake)
    if name in _RELATIVISTIC:
        return _RELATIVISTIC[name](fake, real)
    return _GENERATOR[name](fake)
