"""Handicaps for a discriminator that wins: noise on what it sees, and steps that it does not get."""

import torch
from torch import Tensor
from upscale.train.config import GanName
from upscale.train.gan.draws import normal_like
from upscale.train.gan.names import RELATIVISTIC
from upscale.train.gan.precision import full

# About the last 50 steps count: long enough for batches of 16 to agree, short enough to let the judge back in time.
_KEPT = 0.98


def noise_level(first: float, step: int, steps: int) -> float:
    """The standard deviation of instance noise: linearly from `first` at step 0 to 0 after `steps`, the whole run.

    Noise gives the distributions of real and fake an overlap, without which D is always right (Sønderby et al. 2017).
    """
    return first * max(0.0, 1 - step / steps)


def noisy(pictures: Tensor, sigma: float, generator: torch.Generator, *, part: tuple[int, int] = (0, 1)) -> Tensor:
    """Pictures plus normal noise, before either side is shown to the discriminator: one sigma, fresh draws for each.

    Unclamped, since a clamped picture would give the noise away. Gradients pass. Sigma 0 draws nothing. `part`: see
    draws.py. Shape: (N, C, H, W) -> same.
    """
    return pictures if sigma == 0 else pictures + sigma * normal_like(pictures, generator, part)


def share_right(name: GanName, real: Tensor, fake: Tensor) -> Tensor:
    """The share of answers that are right, for real and fake alike; 0.5 is guessing.

    Right is what lies on its side of the middle between the targets: 0, for `lsgan` 1/2; for the relativistic ones, of
    the mean of the other side. A critic (`wgan`) has no middle: ValueError. Shape: (N, ...) both -> (), no gradient.
    """
    if name.startswith("wgan"):
        raise ValueError(f"{name} gives no right or wrong answers")
    real, fake = full(real.detach()), full(fake.detach())
    if name in RELATIVISTIC:
        real, fake = real - fake.mean(), fake - real.mean()
    middle = 0.5 if name == "lsgan" else 0.0
    return ((real > middle).float().mean() + (fake < middle).float().mean()) / 2


def smoothed(share: float, latest: float) -> float:
    """The share of right answers over the last steps; begin with 0.5.

    To be kept with the run's state and told in every step, those that the judge does not get as well: else it would
    never come back. Where several processes train, `latest` must be their mean, or some would wait for the others.
    """
    return _KEPT * share + (1 - _KEPT) * latest


def is_skipped(share: float, skip_above: float) -> bool:
    """Whether the judge gets no step now, because it tells too many right; never at `skip_above` 1."""
    return skip_above < 1 and share > skip_above
