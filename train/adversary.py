"""The two sides of a GAN on one batch: what the discriminator minimises, and what the network does about it."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from upscale.train.config import GanConfig
from upscale.train.discriminators.several import Opinion
from upscale.train.gan.names import RELATIVISTIC, default_penalty
from upscale.train.gan.objectives import discriminator_loss, generator_loss
from upscale.train.gan.penalty import gradient_penalty
from upscale.train.gan.stabilise import noisy, share_right
from upscale.train.gan.transport import quadratic_cost_loss
from upscale.train.gan.unroll import unrolled, with_tensors
from upscale.train.losses.matching import feature_matching
from upscale.train.randomness import generator_for
from upscale.train.state import Adversary

Judge = Callable[[Tensor], list[Opinion]]
Losses = dict[str, Tensor]


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
    real, fake = shown.noisy()
    opinions = list(zip(judge(real), judge(fake), strict=True))
    each = [_loss_of_one(judge, index, gan, (real, fake), pair, shown) for index, pair in enumerate(opinions)]
    loss = torch.stack(each).mean()
    return loss, {"d": loss.detach()} | _thoughts(gan, opinions)


def _loss_of_one(
    judge: Judge,
    index: int,
    gan: GanConfig,
    pictures: tuple[Tensor, Tensor],
    opinions: tuple[Opinion, Opinion],
    shown: Shown,
) -> Tensor:
    def critic(these: Tensor) -> Tensor:
        return judge(these)[index].logits

    penalty = default_penalty(gan.objective) if gan.penalty is None else gan.penalty
    if gan.objective == "wgan-qc":
        return quadratic_cost_loss(critic, *pictures, penalty)
    on_real, on_fake = opinions
    loss = discriminator_loss(gan.objective, on_real.logits, on_fake.logits, real_label=gan.real_label)
    if gan.objective == "wgan-gp":
        drawn = shown.generator(f"penalty of {index}")
        loss = loss + penalty * gradient_penalty(critic, *pictures, drawn, part=shown.part)
    return loss


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
def _thoughts(gan: GanConfig, opinions: list[tuple[Opinion, Opinion]]) -> Losses:
    """Mean opinions on both sides, and the share that is right where an objective knows right from wrong.

    As probabilities where the objective has any: `D(real)`, `D(fake)`; of critics as they are: `C(real)`, `C(fake)`.
    """
    thoughts: dict[str, list[Tensor]] = {}
    for on_real, on_fake in opinions:
        for name, value in _thoughts_of_one(gan, on_real.logits.float(), on_fake.logits.float()).items():
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
