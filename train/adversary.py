"""The two sides of a GAN on one batch: what the discriminator minimises, and what the network does about it."""

from typing import NamedTuple, Protocol

import torch
from torch import Tensor
from upscale.train.config import GanConfig
from upscale.train.discriminators.names import parse_discriminator
from upscale.train.discriminators.several import Opinion
from upscale.train.gan.names import RELATIVISTIC
from upscale.train.gan.objectives import discriminator_loss, generator_loss
from upscale.train.gan.penalty import Critic, gradient_penalty
from upscale.train.gan.stabilise import noisy, share_right
from upscale.train.gan.transport import CriticLoss, quadratic_cost_loss
from upscale.train.gan.unroll import unrolled, with_tensors
from upscale.train.losses.matching import feature_matching
from upscale.train.randomness import generator_for
from upscale.train.state import Adversary

Losses = dict[str, Tensor]


class Judge(Protocol):
    """The discriminators as `Judges` asks them, with whatever weights."""

    def __call__(self, pictures: Tensor, only: int | None = None, /) -> list[Opinion]:
        """What all say, or one."""


class Shown(NamedTuple):
    """Pictures for the discriminator, and the noise over them. Shape: (N, 3, H, W) both, in [0, 1].

    `part` says which samples of the whole batch these are; see gan/draws.py.
    """

    real: Tensor
    fake: Tensor
    sigma: float
    seed: int
    step: int
    turn: str
    part: tuple[int, int]

    def generator(self, purpose: str) -> torch.Generator:
        """Random numbers of this turn."""
        return generator_for(self.seed, self.step, f"{purpose} {self.turn}", self.real.device)

    def noisy(self) -> tuple[Tensor, Tensor]:
        """Both sides as the discriminator sees them."""
        real = noisy(self.real, self.sigma, self.generator("noise on real"), part=self.part)
        return real, noisy(self.fake, self.sigma, self.generator("noise on fake"), part=self.part)


def discriminator_losses(judge: Judge, gan: GanConfig, shown: Shown) -> tuple[Tensor, Losses]:
    """What the discriminators minimise, averaged over them, and what they think; the latter detached."""
    losses = _losses_by_transport(judge, gan, shown) if gan.objective == "wgan-qc" else _losses(judge, gan, shown)
    loss = torch.stack([each.loss for each in losses]).mean()
    return loss, {"d": loss.detach()} | _thoughts(gan, losses)


def _losses(judge: Judge, gan: GanConfig, shown: Shown) -> list[CriticLoss]:
    """Of logits, with the penalty that each alone pays for its slopes."""
    real, fake = shown.noisy()
    losses = []
    for index, (one, two) in enumerate(zip(judge(real), judge(fake), strict=True)):
        loss = discriminator_loss(gan.objective, one.logits, two.logits, real_label=gan.real_label)
        if gan.objective == "wgan-gp":
            drawn = shown.generator(f"penalty of {index}")
            slope = gradient_penalty(_critic(judge, index), real, fake, drawn, part=shown.part)
            loss = loss + gan.penalty_weight * slope
        losses.append(CriticLoss(loss, one.logits, two.logits))
    return losses


def _losses_by_transport(judge: Judge, gan: GanConfig, shown: Shown) -> list[CriticLoss]:
    real, fake = shown.noisy()
    count = len(parse_discriminator(gan.discriminator))
    return [quadratic_cost_loss(_critic(judge, index), real, fake, gan.penalty_weight) for index in range(count)]


def _critic(judge: Judge, index: int) -> Critic:
    """One of the discriminators, of which the others do not run."""
    return lambda pictures: judge(pictures, index)[0].logits


def network_losses(
    adversary: Adversary, gan: GanConfig, weights: dict[str, float], shown: Shown
) -> tuple[Tensor, Losses]:
    """What the discriminators tell the network, weighted, and each before its weight, detached.

    `weights` are those of `TrainConfig.losses`; `shown.fake` carries the network's gradient.
    """
    judge: Judge = adversary.judges
    if gan.unroll:
        ahead = unrolled(
            adversary.judges, lambda later: discriminator_losses(later, gan, shown)[0], gan.unroll, adversary.optimiser
        )
        judge = with_tensors(adversary.judges, ahead)
    real, fake = shown.noisy()
    on_fake = judge(fake)
    with torch.no_grad():
        needs_real = gan.objective in RELATIVISTIC or weights.get("fm")
        on_real = judge(real) if needs_real else on_fake
    pairs = list(zip(on_real, on_fake, strict=True))
    losses = {
        "gan": torch.stack(
            [generator_loss(gan.objective, one.logits.detach(), two.logits) for one, two in pairs]
        ).mean()
    }
    if weights.get("fm"):
        losses["fm"] = torch.stack([feature_matching(two.features, one.features) for one, two in pairs]).mean()
    total = sum((weights[name] * loss for name, loss in losses.items()), start=fake.new_zeros(()))
    return total, {name: loss.detach() for name, loss in losses.items()}


@torch.no_grad()
def _thoughts(gan: GanConfig, losses: list[CriticLoss]) -> Losses:
    """Mean opinions on both sides, and the share that is right where an objective knows right from wrong.

    As probabilities where the objective has any: `D(real)`, `D(fake)`; of critics as they are: `C(real)`, `C(fake)`.
    """
    thoughts: dict[str, list[Tensor]] = {}
    for _, on_real, on_fake in losses:
        for name, value in _thoughts_of_one(gan, on_real.float(), on_fake.float()).items():
            thoughts.setdefault(name, []).append(value)
    return {name: torch.stack(values).mean() for name, values in thoughts.items()}


def _thoughts_of_one(gan: GanConfig, real: Tensor, fake: Tensor) -> Losses:
    if gan.objective.startswith("wgan"):
        return {"C(real)": real.mean(), "C(fake)": fake.mean()}
    right = {"right": share_right(gan.objective, real, fake)}
    if gan.objective in ("hinge", "rahinge", "lsgan"):
        return {"C(real)": real.mean(), "C(fake)": fake.mean()} | right
    if gan.objective in RELATIVISTIC:
        real, fake = real - fake.mean(), fake - real.mean()
    return {"D(real)": real.sigmoid().mean(), "D(fake)": fake.sigmoid().mean()} | right
