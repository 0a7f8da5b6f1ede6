"""Eight Gaussians on a ring: which GANs collapse onto a few of them, and which learn them all.

    python benchmarks/gan_toy.py [--seed 0] [--only NAME,...] [--steps N] [--out gan_toy.png]

The same functions of `train/gan/` that train enlarging networks, on points of a plane, where one sees what they do
(Metz et al. 2017, section 3.1). Radius 1, standard deviation 0.01, generator and discriminator of two hidden layers. A
sample is good within 0.1 of a centre (neighbours are 0.77 apart), sharp within 3 standard deviations; a mode is covered
by at least 1 % of all samples, good ones. Takes some minutes on one core; the same seed gives the same picture.
"""

import argparse
import math
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from upscale.train.config import GanName
from upscale.train.gan.names import default_penalty
from upscale.train.gan.objectives import discriminator_loss, generator_loss
from upscale.train.gan.penalty import gradient_penalty
from upscale.train.gan.transport import quadratic_cost_loss
from upscale.train.gan.unroll import Judge, unrolled, with_tensors
from upscale.train.randomness import generator_for

from upscale.plot.lettering import Ink, Pixels, write
from upscale.plot.series import PALETTE

MODES, SIGMA = 8, 0.01
NEAR = 0.1
SAMPLES = 2000
_LATENT, _WIDTH = 16, 64
_MOMENTS = 5
_PANEL_PX, _TITLE_PX, _UNIT_PX, _FRAME = 180, 24, 60, 220


@dataclass(frozen=True)
class Way:
    """A GAN and its settings.

    The discriminator takes `d_steps` for one of the generator. `penalty` None is the paper's. Learning rates stay, or
    fall linearly to 0 where the way `slows_down`.
    """

    name: str
    objective: GanName
    learning_rate_d: float
    learning_rate_g: float
    steps: int
    unroll: int = 0
    d_steps: int = 1
    penalty: float | None = None
    slows_down: bool = False
    batch: int = 64


# Unrolled and not, everything else is the same; without, ten seeds of ten end on one mode or between a few. (Not for
# ever: in longer runs some happen to find all modes.) The penalty is that of Gulrajani's own toy. The two critics' runs
# slow down: at full speed, the noise of a batch of 64 keeps their samples from becoming sharp.
WAYS = (
    Way("vanilla", "vanilla", 5e-4, 2e-3, 2000),
    Way("unrolled", "vanilla", 5e-4, 2e-3, 2000, unroll=5),
    Way("wgan-gp", "wgan-gp", 3e-3, 3e-3, 3000, d_steps=5, penalty=0.1, slows_down=True),
    Way("wgan-qc", "wgan-qc", 3e-3, 3e-3, 5000, slows_down=True),
)


class Coverage(NamedTuple):
    """How many modes have their samples, and which shares of all are good and sharp."""

    modes: int
    good: float
    sharp: float


@dataclass(frozen=True)
class Result:
    """Samples at several steps, the last ones at the end."""

    way: Way
    moments: dict[int, Tensor]

    @property
    def coverage(self) -> Coverage:
        """At the end."""
        return measure(self.moments[self.way.steps])


def centres() -> Tensor:
    """Shape: (8, 2)."""
    angles = torch.arange(MODES) * (2 * math.pi / MODES)
    return torch.stack([angles.cos(), angles.sin()], 1)


def ring(count: int, generator: torch.Generator) -> Tensor:
    """Real samples. Shape: (count, 2)."""
    chosen = torch.randint(MODES, (count,), generator=generator)
    return centres()[chosen] + SIGMA * torch.randn(count, 2, generator=generator)


def measure(samples: Tensor) -> Coverage:
    """What stands at the top of this file."""
    distance, mode = torch.cdist(samples, centres()).min(1)
    is_good = distance < NEAR
    counts = torch.bincount(mode[is_good], minlength=MODES)
    covered = (counts >= len(samples) / 100).sum()
    return Coverage(int(covered), is_good.float().mean().item(), (distance < 3 * SIGMA).float().mean().item())


def perceptron(inputs: int, outputs: int) -> nn.Sequential:
    """With orthogonal weights, as in the demonstration by the authors of unrolling."""
    layers = [nn.Linear(inputs, _WIDTH), nn.ReLU(), nn.Linear(_WIDTH, _WIDTH), nn.ReLU(), nn.Linear(_WIDTH, outputs)]
    for layer in layers:
        if isinstance(layer, nn.Linear):
            nn.init.orthogonal_(layer.weight, math.sqrt(2))
            nn.init.zeros_(layer.bias)
    return nn.Sequential(*layers)


class Toy:
    """Both networks of a way, and their optimisers."""

    def __init__(self, way: Way, seed: int) -> None:
        torch.manual_seed(seed)
        self.way, self.seed = way, seed
        self.generator, self.judge = perceptron(_LATENT, 2), perceptron(2, 1)
        # Half of Adam's usual momentum (Radford et al. 2016, section 3): two players who turn around each other.
        self.adam_g = torch.optim.Adam(self.generator.parameters(), way.learning_rate_g, betas=(0.5, 0.999))
        self.adam_d = torch.optim.Adam(self.judge.parameters(), way.learning_rate_d, betas=(0.5, 0.999))

    def samples(self, count: int, generator: torch.Generator) -> Tensor:
        """What the generator makes of normal numbers. Shape: (count, 2)."""
        made: Tensor = self.generator(torch.randn(count, _LATENT, generator=generator))
        return made

    def learn_at(self, share: float) -> None:
        """Both learning rates, as a share of their first."""
        self.adam_g.param_groups[0]["lr"] = share * self.way.learning_rate_g
        self.adam_d.param_groups[0]["lr"] = share * self.way.learning_rate_d

    def judge_step(self, step: int, turn: int) -> None:
        """The discriminator's."""
        numbers = generator_for(self.seed, step, f"judge {turn}")
        real, fake = ring(self.way.batch, numbers), self.samples(self.way.batch, numbers).detach()
        self.adam_d.zero_grad()
        self._judges_loss(self.judge, real, fake, numbers).backward()
        self.adam_d.step()

    def generator_step(self, step: int) -> None:
        """The other one's, which sees the discriminator as it is, or as it will be."""
        numbers = generator_for(self.seed, step, "generator")
        real, fake = ring(self.way.batch, numbers), self.samples(self.way.batch, numbers)
        judge: Judge = self.judge
        if self.way.unroll:
            loss_of = partial(self._judges_loss, real=real, fake=fake, numbers=numbers)
            judge = with_tensors(self.judge, unrolled(self.judge, loss_of, self.way.unroll, self.adam_d))
        self.adam_g.zero_grad()
        loss = generator_loss(self.way.objective, real, judge(fake))
        loss.backward(inputs=list(self.generator.parameters()))
        self.adam_g.step()

    def _judges_loss(self, judge: Judge, real: Tensor, fake: Tensor, numbers: torch.Generator) -> Tensor:
        objective = self.way.objective
        penalty = default_penalty(objective) if self.way.penalty is None else self.way.penalty
        if objective == "wgan-qc":
            return quadratic_cost_loss(judge, real, fake, penalty).loss
        loss = discriminator_loss(objective, judge(real), judge(fake))
        return loss + penalty * gradient_penalty(judge, real, fake, numbers) if objective == "wgan-gp" else loss


def train(way: Way, seed: int) -> Result:
    """The way from its first step to its last."""
    toy, moments = Toy(way, seed), {}
    shown = {round(way.steps * (index + 1) / _MOMENTS) for index in range(_MOMENTS)}
    for step in range(way.steps):
        if way.slows_down:
            toy.learn_at(1 - step / way.steps)
        for turn in range(way.d_steps):
            toy.judge_step(step, turn)
        toy.generator_step(step)
        if step + 1 in shown:
            with torch.no_grad():
                moments[step + 1] = toy.samples(SAMPLES, generator_for(seed, 0, "look"))
    return Result(way, moments)


def draw(results: list[Result], path: Path) -> None:
    """A row for each way, from early to late; blue samples, and a circle around what counts as good."""
    rows = [
        np.hstack([_panel(f"{result.way.name}, step {step}", samples) for step, samples in result.moments.items()])
        for result in results
    ]
    cv2.imwrite(str(path), np.vstack(rows)[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])


def _panel(title: str, samples: Tensor) -> Pixels:
    """Shape: (side + title, side, 3), RGB."""
    panel = np.full((_TITLE_PX + _PANEL_PX, _PANEL_PX, 3), 255, np.uint8)
    plane = panel[_TITLE_PX:]
    edges, places = np.arange(_PANEL_PX + 1), _to_px(samples)
    counts, _, _ = np.histogram2d(places[:, 1], places[:, 0], bins=(edges, edges))
    ink = np.minimum(1, counts / 2)[..., None]
    plane[:] = np.rint(255 + ink * (np.array(PALETTE[0]) - 255))
    plane[:, -1] = plane[-1] = _FRAME
    for x, y in _to_px(centres()).round().astype(int).tolist():
        cv2.circle(plane, (x, y), round(NEAR * _UNIT_PX) + 1, PALETTE[1], 1, cv2.LINE_AA)
    write(panel, title, (4, _TITLE_PX // 2), Ink(13))
    return panel


def _to_px(points: Tensor) -> NDArray[np.float64]:
    """Places in a panel that reaches 1.5 from its middle; its rows go down. Shape: (n, 2) -> (n, 2)."""
    return np.asarray(points * torch.tensor([1, -1]) * _UNIT_PX + _PANEL_PX / 2, np.float64)


def main() -> None:
    """Train every way, print its table, draw its picture, say whether it did what it is known for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default=",".join(way.name for way in WAYS))
    parser.add_argument("--steps", type=int, help="for all, instead of as many as each needs")
    parser.add_argument("--out", type=Path, default=Path("gan_toy.png"))
    options = parser.parse_args()
    # Small products: a second thread would cost more than it does.
    torch.set_num_threads(1)
    chosen = [way for way in WAYS if way.name in options.only.split(",")]
    if not chosen:
        parser.error(f"--only knows {', '.join(way.name for way in WAYS)}")
    results = []
    print("| GAN | steps | modes of 8 | good | sharp |\n|---|---|---|---|---|")
    for way in chosen:
        result = train(replace(way, steps=options.steps or way.steps), options.seed)
        found = result.coverage
        print(f"| {way.name} | {result.way.steps} | {found.modes} | {found.good:.0%} | {found.sharp:.0%} |", flush=True)
        results.append(result)
    draw(results, options.out)
    for result in results:
        wanted = result.coverage.modes <= MODES // 2 if result.way.name == "vanilla" else result.coverage.modes == MODES
        claim = "collapses" if result.way.name == "vanilla" else "covers all modes"
        print(f"{result.way.name} {claim}: {'reached' if wanted else 'NOT reached'}")


if __name__ == "__main__":
    main()
