"""One optimisation step: content losses alone, or the discriminator's turns and then the network's."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from upscale.train.adversary import Shown, discriminator_losses, network_losses
from upscale.train.config import TrainConfig
from upscale.train.data.batches import Batch
from upscale.train.gan.penalty import clip_weights
from upscale.train.gan.stabilise import is_skipped, noise_level, smoothed
from upscale.train.losses.content import Content
from upscale.train.parallel import Team
from upscale.train.randomness import generator_for
from upscale.train.state import TrainState

from upscale.errors import TrainingError

Losses = tuple[Tensor, dict[str, Tensor]]
"""What is minimised, and what it consists of, each before its weight, detached."""


@dataclass(frozen=True)
class Told:
    """Losses before their weights, with what the discriminator thinks; and the norms of gradients, by network."""

    losses: dict[str, float]
    gradient_norms: dict[str, float]

    def __or__(self, other: "Told") -> "Told":
        return Told(self.losses | other.losses, self.gradient_norms | other.gradient_norms)

    def wrong(self) -> list[str]:
        """The names of those that are not finite."""
        losses = [name for name, value in self.losses.items() if not math.isfinite(value)]
        norms = [
            f"the gradient of the {name}" for name, value in self.gradient_norms.items() if not math.isfinite(value)
        ]
        return losses or norms


class NotFiniteError(Exception):
    """A loss or a gradient is not finite, and the update was not made. `told` holds the losses."""

    def __init__(self, told: Told) -> None:
        super().__init__(told)
        self.told = told


@dataclass(frozen=True)
class Run:
    """What every step of a run works with."""

    config: TrainConfig
    state: TrainState
    content: Content
    team: Team


def content_step(run: Run, batches: list[Batch]) -> Told:
    """Fit the network to its content losses; NotFiniteError if that was not possible.

    Shape of the one batch: (N, 3, h, w), (N, 3, H, W) in [0, 1].
    """
    state = run.state

    def losses_of(part: int, lr: Tensor, hr: Tensor) -> Losses:
        return run.content.measure(_enlarged(run, lr), hr, _positions(run))

    means = _taken(run, state.optimiser, batches[-1], losses_of)
    return _descend(run, state.optimiser, state.network, means)


def turns(run: Run, batches: list[Batch]) -> list[Callable[[], Told]]:
    """What a step consists of, to be taken one after another; one that fails may be repeated by itself.

    Each is an update: of the network to its content losses alone, or of the discriminator on each batch and then of
    the network on the last of them. What an update has changed is not undone where a later one fails.
    """
    if run.state.adversary is None:
        return [partial(content_step, run, batches)]
    # In one part and in the last turn, what the discriminator is shown is also what the network is judged by.
    shown: list[Tensor] = []
    last = len(batches) - 1
    of_discriminator = [
        partial(_discriminator_turn, run, batch, turn, shown if turn == last else None)
        for turn, batch in enumerate(batches)
    ]
    return [*of_discriminator, partial(_network_turn, run, batches[-1], shown)]


def _discriminator_turn(run: Run, batch: Batch, turn: int, keep: list[Tensor] | None) -> Told:
    gan, adversary = run.config.gan, run.state.require_adversary()
    skipped = is_skipped(adversary.right, gan.skip_above)
    kept = _enlarged(run, batch[0]) if keep is not None and run.state.accumulate == 1 else None

    def losses_of(part: int, lr: Tensor, hr: Tensor) -> Losses:
        sr = kept.detach() if kept is not None else _unlearned(run, lr)
        return discriminator_losses(adversary.judges, gan, _shown(run, hr, sr, str(turn), part))

    means = _taken(run, adversary.optimiser, batch, losses_of, learn=not skipped)
    told = means.fetch(run.team) if skipped else _descend(run, adversary.optimiser, adversary.judges, means)
    if gan.objective == "wgan":
        clip_weights(adversary.judges, gan.clip)
    adversary.right = smoothed(adversary.right, told.losses.get("right", adversary.right))
    if keep is not None and kept is not None:
        keep.append(kept)
    return told


def _network_turn(run: Run, batch: Batch, shown: list[Tensor]) -> Told:
    state, adversary = run.state, run.state.require_adversary()
    kept = shown.pop() if shown else None  # gone with this turn: one that fails must leave its memory to the next

    def losses_of(part: int, lr: Tensor, hr: Tensor) -> Losses:
        sr = kept if kept is not None else _enlarged(run, lr)
        content, losses = run.content.measure(sr, hr, _positions(run))
        seen = _shown(run, hr, sr, "of the network", part)
        adversarial, more = network_losses(adversary, run.config.gan, run.config.losses, seen)
        return content + adversarial, losses | more

    with _at_rest(adversary.judges):
        means = _taken(run, state.optimiser, batch, losses_of)
    return _descend(run, state.optimiser, state.network, means)


def _taken(
    run: Run,
    optimiser: torch.optim.Optimizer,
    batch: Batch,
    losses_of: Callable[[int, Tensor, Tensor], Losses],
    *,
    learn: bool = True,
) -> "_Means":
    """The losses of a batch, part by part, whose gradients add up to its own where there is something to `learn`."""
    optimiser.zero_grad(set_to_none=True)
    parts = list(_parts(*batch, run.state.accumulate))
    means = _Means(len(parts))
    for part, (lr, hr) in enumerate(parts):
        with run.state.autocast():
            loss, losses = losses_of(part, lr, hr)
        means.add(losses)
        if learn:
            _backward(loss / len(parts))
    return means


def _shown(run: Run, hr: Tensor, sr: Tensor, turn: str, part: int) -> Shown:
    state, team = run.state, run.team
    # A run by time knows its length after some steps; until then the noise keeps its first level.
    steps = state.planned
    sigma = noise_level(run.config.gan.instance_noise, state.step if steps else 0, steps or 1)
    place = team.rank * state.accumulate + part, team.count * state.accumulate
    return Shown(hr, sr, sigma, run.config.seed, state.step, turn, place)


def _positions(run: Run) -> torch.Generator:
    """What draws the positions of the contextual loss."""
    return generator_for(run.config.seed, run.state.step, "positions", run.state.device)


@contextmanager
def _at_rest(judges: nn.Module) -> Iterator[None]:
    """Without gradients for the discriminator's own weights meanwhile."""
    judges.requires_grad_(False)
    try:
        yield
    finally:
        judges.requires_grad_(True)


def _enlarged(run: Run, lr: Tensor) -> Tensor:
    with run.state.autocast():
        sr: Tensor = run.state.network(lr).float()
    return sr


@torch.no_grad()
def _unlearned(run: Run, lr: Tensor) -> Tensor:
    return _enlarged(run, lr)


def _parts(lr: Tensor, hr: Tensor, count: int) -> Iterator[Batch]:
    """A batch in equal parts."""
    return zip(lr.chunk(count), hr.chunk(count), strict=True)


def _backward(loss: Tensor) -> None:
    loss.backward()  # type: ignore[no-untyped-call]


class _Means:
    """Losses of the parts of a batch, averaged on the device, and fetched from it once."""

    def __init__(self, parts: int) -> None:
        self._parts = parts
        self._sums: dict[str, Tensor] = {}

    def add(self, losses: dict[str, Tensor]) -> None:
        for name, loss in losses.items():
            share = loss.detach().float() / self._parts
            self._sums[name] = self._sums[name] + share if name in self._sums else share

    def fetch(self, team: Team, norms: dict[str, Tensor] | None = None) -> Told:
        """Everything in one transfer, averaged over all processes; `norms` are the same in all of them."""
        norms = norms or {}
        numbers = [*self._sums.values(), *norms.values()]
        fetched = team.mean(torch.stack(numbers)).tolist() if numbers else []
        count = len(self._sums)
        return Told(dict(zip(self._sums, fetched[:count], strict=True)), dict(zip(norms, fetched[count:], strict=True)))


def _descend(run: Run, optimiser: torch.optim.Optimizer, network: nn.Module, means: _Means) -> Told:
    """One update with the gradients there are, refused where a loss or a gradient is not finite."""
    run.team.average_gradients(network.parameters())
    norm = nn.utils.clip_grad_norm_(network.parameters(), run.config.gradient_clip)
    name = "network" if network is run.state.network else "discriminator"
    told = means.fetch(run.team, {name: norm})
    if told.wrong():
        raise NotFiniteError(told)
    try:
        optimiser.step()
    except RuntimeError as error:  # half an update cannot be repeated, and other processes have made theirs
        raise TrainingError(f"the update of the {name} failed: {str(error).splitlines()[0]}") from error
    return told
