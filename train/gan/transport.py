"""WGAN-QC: a critic taught by the exact optimal transport of each batch (Liu, Gu and Samaras, ICCV 2019).

Carrying a fake x to a real y costs c(x, y) = K |x - y|^2 / 2, K = 1 / numbers in a sample. With equally many of both
the cheapest plan is a matching, and its dual, max mean phi(y) - mean psi(x) with phi(y) - psi(x) <= c(x, y) for all
pairs, tells what the best critic would say. The critic is fitted to that, and its slope to the optimality
condition of phi(y) = inf over x of psi(x) + c(x, y): grad D(x) = K (T(x) - x), T(x) the real that x is carried to.
In a run of several processes each transports its own part of the batch: a larger estimate, as of a smaller batch.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from upscale.train.gan.assignment import assign, central_prices
from upscale.train.gan.penalty import Critic, slopes
from upscale.train.gan.precision import full, per_sample


class Plan(NamedTuple):
    """Where each fake is carried (an index among the real), what it costs, and the potentials; all of shape (N,).

    The mean of `costs` is the mean of `real_potentials` (phi) less that of `fake_potentials` (psi); both together
    have mean 0. NaN, on a batch that is not finite.
    """

    target: Tensor
    costs: Tensor
    real_potentials: Tensor
    fake_potentials: Tensor


class CriticLoss(NamedTuple):
    """What a critic minimises, and the opinions that it follows from. Shape: (), (N, ...) both."""

    loss: Tensor
    on_real: Tensor
    on_fake: Tensor


def transport_plan(real: Tensor, fake: Tensor, cost_factor: float) -> Plan:
    """Solve the transport of a batch exactly, on the CPU in fp64.

    `cost_factor` is K. Potentials are not unique; these are the middle ones (`central_prices`). ValueError for sides
    of different sizes.
    Shape: (N, ...) both.
    """
    if real.shape != fake.shape:
        raise ValueError(f"transport needs as many fakes as reals: {tuple(fake.shape)}, {tuple(real.shape)}")
    flat_real, flat_fake = (side.detach().reshape(len(side), -1).cpu().double() for side in (real, fake))
    # Differences, not the shorter way over products: those lose all digits between pictures that are alike.
    distances = torch.cdist(flat_fake, flat_real, compute_mode="donot_use_mm_for_euclid_dist")
    costs: np.ndarray = (cost_factor / 2 * distances.square()).numpy()
    if np.isfinite(costs).all():
        target = assign(costs)
        of_fakes, of_reals = central_prices(costs, target)
    else:
        target = np.arange(len(costs))
        of_fakes = of_reals = np.full(len(costs), np.nan)
    paid = costs[np.arange(len(costs)), target]
    told = (torch.from_numpy(values).to(full(real)) for values in (paid, of_reals, of_fakes))
    return Plan(torch.from_numpy(target).to(real.device), *told)


def default_cost_factor(pictures: Tensor) -> float:
    """K = 1 / numbers in a sample, which keeps costs near 1 whatever the pictures' size (the authors' code)."""
    return 1 / pictures[0].numel()


def quadratic_cost_loss(critic: Critic, real: Tensor, fake: Tensor, penalty: float = 0.1) -> CriticLoss:
    """What the critic of WGAN-QC minimises: regression to the potentials, plus 4 sqrt(K) gamma times the regulariser.

    `penalty` is gamma: 0.1, at 256x256 0.05 (the authors' settings, and their code's weight). In fp32, since slopes
    are differentiated again. The generator minimises -mean D(fake), as in every WGAN. Shape: (N, ...) both.
    """
    factor = default_cost_factor(real)
    plan = transport_plan(real, fake, factor)
    with torch.autocast(real.device.type, enabled=False):
        fake = full(fake.detach()).requires_grad_()
        on_real, on_fake = critic(full(real)), critic(fake)
        carried = (2 * plan.costs / factor).sqrt()
        regularised = transport_regulariser(slopes(on_fake, fake), carried, factor)
        loss = potential_regression(on_real, on_fake, plan) + 4 * math.sqrt(factor) * penalty * regularised
        return CriticLoss(loss, on_real, on_fake)


def potential_regression(on_real: Tensor, on_fake: Tensor, plan: Plan) -> Tensor:
    """Half the squared error on the mean of phi, and half the mean squared error on each psi (the authors' code).

    Shape: (N, ...) opinions both -> ().
    """
    on_mean = (per_sample(on_real).mean() - plan.real_potentials.mean()).square()
    return (on_mean + (per_sample(on_fake) - plan.fake_potentials).square().mean()) / 2


def transport_regulariser(slope: Tensor, distance: Tensor, cost_factor: float) -> Tensor:
    """Half the mean of (|grad D(x)| / (2 sqrt K) - sqrt K |T(x) - x| / 2)^2: zero where |grad D(x)| = K |T(x) - x|.

    The optimal transport regulariser, in the scaling of the authors' code. Shape: (N,) both -> ().
    """
    root = math.sqrt(cost_factor)
    return (slope / (2 * root) - root / 2 * distance).square().mean() / 2
