"""One optimisation step: content losses alone, or generator and discriminator in turn."""

import torch
from torch import Tensor, nn
from upscale.train.losses.pixel import l1, mse
from upscale.train.losses.vgg import VggLoss
from upscale.train.objectives import discriminator_loss, generator_loss
from upscale.train.state import TrainState

from upscale.models.colour import luma

Losses = dict[str, float]

# Far above what a healthy step shows (about 1): it catches explosions only.
_LARGEST_GRADIENT = 100.0


class NotFiniteError(Exception):
    """A loss or a gradient is not finite, and the step was not taken. The losses are its argument."""


class Objective:
    """The weighted sum of content losses, by the names of `TrainConfig.losses`."""

    def __init__(self, weights: dict[str, float], vgg: dict[str, VggLoss], *, on_luma: bool) -> None:
        self.weights = weights
        self.vgg = vgg
        self.on_luma = on_luma

    def measure(self, sr: Tensor, hr: Tensor) -> tuple[Tensor, Losses]:
        """The sum and each loss before its weight. Shape: (N, 3, H, W) each -> ()."""
        pixels = (luma(sr), luma(hr)) if self.on_luma else (sr, hr)
        total = sr.new_zeros(())
        parts: Losses = {}
        for name, weight in self.weights.items():
            if name == "gan":
                continue
            loss = l1(*pixels) if name == "l1" else mse(*pixels) if name == "mse" else self.vgg[name](sr, hr)
            parts[name] = loss.item()
            total = total + weight * loss
        return total, parts


def content_step(state: TrainState, objective: Objective, lr: Tensor, hr: Tensor) -> Losses:
    """Fit the network to its content losses; NotFiniteError if that was not possible.

    Shape: (N, 3, h, w), (N, 3, H, W) in [0, 1].
    """
    with state.autocast():
        sr = state.network(lr).float()
        loss, parts = objective.measure(sr, hr)
    _descend(state.optimiser, loss, state.network, parts)
    return parts


def adversarial_step(state: TrainState, objective: Objective, lr: Tensor, hr: Tensor) -> Losses:
    """One step of the discriminator, then one of the generator, on the same pictures. As content_step."""
    judge, optimiser = state.require_discriminator()
    with state.autocast():
        sr = state.network(lr).float()
        loss, parts = objective.measure(sr, hr)
        if not torch.isfinite(loss):  # before the judge's BatchNorm sees it
            raise NotFiniteError(parts)
        real, fake = judge(hr), judge(sr.detach())
        loss_d = discriminator_loss(real.float(), fake.float())
    _descend(optimiser, loss_d, judge, parts)
    judge.requires_grad_(False)
    with state.autocast():
        adversarial = generator_loss(judge(sr).float())
    _descend(state.optimiser, loss + objective.weights["gan"] * adversarial, state.network, parts)
    judge.requires_grad_(True)
    told = {"D(real)": real.float().sigmoid().mean().item(), "D(sr)": fake.float().sigmoid().mean().item()}
    return parts | {"gan": adversarial.item(), "d": loss_d.item()} | told


def _descend(optimiser: torch.optim.Optimizer, loss: Tensor, network: nn.Module, parts: Losses) -> None:
    """One update, refused where the loss or a gradient is not finite."""
    optimiser.zero_grad(set_to_none=True)
    if torch.isfinite(loss):
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(network.parameters(), _LARGEST_GRADIENT)
        if torch.isfinite(norm):
            optimiser.step()
            return
    network.requires_grad_(True)
    raise NotFiniteError(parts)
