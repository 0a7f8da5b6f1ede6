"""Optimal transport against scipy's solvers, its invariants, and WGAN-QC's critic against the formulas of the paper."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment, linprog
from torch import Tensor
from upscale.train.gan.assignment import assign, central_prices
from upscale.train.gan.transport import (
    Plan,
    potential_regression,
    quadratic_cost_loss,
    transport_plan,
    transport_regulariser,
)

EXACT = 1e-9
# 1 / numbers in a sample, as in the samples of `sides`.
K = 1 / 12


def costs_of(count: int, seed: int, kind: str) -> NDArray[np.float64]:
    numbers = np.random.default_rng(seed)
    if kind == "ties":
        return numbers.integers(0, 3, (count, count)).astype(float)
    if kind == "signed":
        return numbers.normal(size=(count, count)) * 100
    points, others = numbers.normal(size=(2, count, 3))
    return np.square(points[:, None] - others[None]).sum(-1)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 24), st.integers(0, 2**32 - 1), st.sampled_from(["points", "ties", "signed"]))
def test_assignment_and_prices_are_optimal(count: int, seed: int, kind: str) -> None:
    costs = costs_of(count, seed, kind)
    column_of = assign(costs)
    rows, columns = central_prices(costs, column_of)
    everyone = np.arange(count)
    assert sorted(column_of) == list(everyone)
    primal = costs[everyone, column_of].sum()
    assert primal == pytest.approx(costs[linear_sum_assignment(costs)].sum(), abs=EXACT)
    assert columns.sum() - rows.sum() == pytest.approx(primal, abs=EXACT)
    assert (columns[None] - rows[:, None] <= costs + EXACT).all()
    assert columns[column_of] - rows == pytest.approx(costs[everyone, column_of], abs=EXACT)
    assert columns.sum() + rows.sum() == pytest.approx(0, abs=EXACT)


@pytest.mark.parametrize("seed", range(4))
def test_prices_reach_the_value_of_the_linear_programme(seed: int) -> None:
    """The dual as HiGHS solves it: max mean(phi) - mean(psi) under phi_i - psi_j <= c_ji."""
    count = 7
    costs = costs_of(count, seed, "points")
    bounds = np.zeros((count * count, 2 * count))
    for fake in range(count):
        for real in range(count):
            bounds[fake * count + real, [real, count + fake]] = 1, -1
    weights = np.repeat([-1 / count, 1 / count], count)
    solved = linprog(weights, A_ub=bounds, b_ub=costs.ravel(), bounds=(None, None), method="highs")
    rows, columns = central_prices(costs, assign(costs))
    assert columns.mean() - rows.mean() == pytest.approx(-solved.fun, abs=EXACT)


def test_prices_follow_a_change_of_order_and_of_sides() -> None:
    costs = costs_of(9, 0, "points")
    rows, columns = central_prices(costs, assign(costs))
    order, other = np.random.default_rng(1).permutation(9), np.random.default_rng(2).permutation(9)
    moved = costs[order][:, other]
    moved_rows, moved_columns = central_prices(moved, assign(moved))
    assert moved_rows == pytest.approx(rows[order], abs=EXACT)
    assert moved_columns == pytest.approx(columns[other], abs=EXACT)
    turned_rows, turned_columns = central_prices(costs.T, assign(costs.T))
    assert turned_rows == pytest.approx(-columns, abs=EXACT)
    assert turned_columns == pytest.approx(-rows, abs=EXACT)


def sides(count: int = 8, *shape: int) -> tuple[Tensor, Tensor]:
    return torch.randn(count, *(shape or (3, 2, 2)), dtype=torch.double), torch.rand(
        count, *(shape or (3, 2, 2)), dtype=torch.double
    )


def test_the_plan_is_that_of_quadratic_costs() -> None:
    real, fake = sides()
    plan = transport_plan(real, fake, K)
    costs = np.array([[((y - x) ** 2).sum().item() / 2 / 12 for y in real] for x in fake])
    rows, columns = linear_sum_assignment(costs)
    assert plan.costs.sum().item() == pytest.approx(costs[rows, columns].sum(), rel=1e-12)
    paid = [((real[t] - x) ** 2).sum().item() / 24 for t, x in zip(plan.target.tolist(), fake, strict=True)]
    assert plan.costs.tolist() == pytest.approx(paid, rel=1e-12)
    gap = plan.real_potentials.mean() - plan.fake_potentials.mean()
    assert gap.item() == pytest.approx(plan.costs.mean().item(), rel=1e-12)


def test_equal_sides_cost_nothing_and_stay_where_they_are() -> None:
    real, _ = sides()
    order = torch.randperm(len(real))
    plan = transport_plan(real, real[order], K)
    assert plan.costs.abs().max().item() == 0
    assert torch.equal(plan.target, order)
    assert plan.real_potentials[plan.target].tolist() == pytest.approx(plan.fake_potentials.tolist(), abs=1e-12)


def test_a_shifted_side_is_shifted_back() -> None:
    """A translation is the optimal plan: T(x) = x + t, at K |t|^2 / 2 each."""
    fake, shift = sides()[1], torch.full((3, 2, 2), 5.0, dtype=torch.double)
    plan = transport_plan(fake + shift, fake, K)
    assert plan.target.tolist() == list(range(len(fake)))
    assert plan.costs.tolist() == pytest.approx([12 * 25 / 24] * len(fake))


def test_costs_grow_with_the_square_and_with_their_factor() -> None:
    real, fake = sides()
    plan = transport_plan(real, fake, K)
    thrice, doubled = transport_plan(3 * real, 3 * fake, K), transport_plan(real, fake, 2 * K)
    assert torch.equal(plan.target, thrice.target) and torch.equal(plan.target, doubled.target)
    assert thrice.costs.tolist() == pytest.approx((9 * plan.costs).tolist(), rel=1e-10)
    assert doubled.fake_potentials.tolist() == pytest.approx((2 * plan.fake_potentials).tolist(), rel=1e-9, abs=1e-12)


def test_sides_of_different_sizes_are_refused_and_infinite_ones_told() -> None:
    real, fake = sides()
    with pytest.raises(ValueError, match="as many"):
        transport_plan(real, fake[1:], K)
    fake[0, 0, 0, 0] = math.inf
    assert transport_plan(real, fake, K).fake_potentials.isnan().all()
    fake[0, 0, 0, 0] = math.nan
    assert not quadratic_cost_loss(lambda x: x.sum((1, 2, 3)), real, fake).loss.isfinite()


def test_the_regulariser_is_zero_exactly_at_the_optimality_condition() -> None:
    """|grad D(x)| = K |T(x) - x|, for the critic D(x) = K <T - x, x> frozen at x, and for no multiple of it."""
    factor, distance = K, torch.rand(6, dtype=torch.double) + 0.5
    assert transport_regulariser(factor * distance, distance, factor).item() == pytest.approx(0, abs=1e-30)
    for off in (0.9, 1.1):
        assert transport_regulariser(off * factor * distance, distance, factor).item() > 1e-6


def test_the_best_critic_of_a_translation_satisfies_all_conditions() -> None:
    """T(x) = x + t: psi(x) = K <t, x>, and phi(y) = inf over x of psi(x) + c(x, y) = K <t, y> - K |t|^2 / 2."""
    fake, shift, factor = sides()[1], torch.randn(3, 2, 2, dtype=torch.double) + 3, K
    real = fake + shift

    def psi(x: Tensor) -> Tensor:
        return factor * (shift * x).sum((1, 2, 3))

    phi = psi(real) - factor * shift.square().sum() / 2
    plan = transport_plan(real, fake, K)
    gaps = factor / 2 * torch.cdist(fake.flatten(1), real.flatten(1)).square() - (phi[None] - psi(fake)[:, None])
    assert (gaps > -EXACT).all()
    assert gaps.diagonal().abs().max().item() < EXACT
    assert (phi.mean() - psi(fake).mean()).item() == pytest.approx(plan.costs.mean().item(), rel=1e-10)
    regression = potential_regression(psi(real), psi(fake), plan)
    assert quadratic_cost_loss(psi, real, fake, 100.0).loss.item() == pytest.approx(regression.item(), rel=1e-12)
    assert quadratic_cost_loss(lambda x: 1.1 * psi(x), real, fake, 100.0).loss > regression + 0.1


def test_the_regression_takes_fakes_one_by_one_and_reals_by_their_mean() -> None:
    plan = transport_plan(*sides(), K)
    phi, psi = plan.real_potentials, plan.fake_potentials
    assert potential_regression(phi, psi, plan).item() == 0
    assert potential_regression(phi.flip(0), psi, plan).item() == pytest.approx(0, abs=1e-30)
    assert potential_regression(phi, psi.flip(0), plan).item() > 1e-4
    assert potential_regression(phi + 1, psi, plan).item() == pytest.approx(0.5)
    assert potential_regression(phi, psi + 1, plan).item() == pytest.approx(0.5)


def test_the_critics_loss_is_the_formula() -> None:
    real, fake = sides(5)
    weight = torch.randn(12, dtype=torch.double)
    plan = transport_plan(real, fake, K)
    k, gamma = K, 0.3
    on_real, on_fake = ((side.flatten(1) @ weight).sin() for side in (real, fake))
    slope = (fake.flatten(1) @ weight).cos().abs() * weight.norm()
    carried = (real[plan.target] - fake).flatten(1).norm(dim=1)
    regularised = ((slope / (2 * math.sqrt(k)) - math.sqrt(k) / 2 * carried) ** 2).mean() / 2
    wanted = (
        (on_real.mean() - plan.real_potentials.mean()) ** 2 / 2
        + ((on_fake - plan.fake_potentials) ** 2).mean() / 2
        + 4 * math.sqrt(k) * gamma * regularised
    )
    found = quadratic_cost_loss(lambda x: (x.flatten(1) @ weight).sin(), real, fake, gamma)
    assert torch.equal(found.on_real, on_real) and torch.equal(found.on_fake, on_fake)
    assert found.loss.item() == pytest.approx(wanted.item(), rel=1e-10)


def test_its_gradient_is_right_and_the_generator_gets_none() -> None:
    real, fake = sides(4)
    fake.requires_grad_()
    weight = (torch.randn(12, dtype=torch.double) * 0.3).requires_grad_()

    def loss(w: Tensor) -> Tensor:
        return quadratic_cost_loss(lambda x: (x.flatten(1) @ w).tanh(), real, fake).loss

    assert torch.autograd.gradcheck(loss, (weight,))
    loss(weight).backward()
    assert fake.grad is None


def test_maps_count_as_their_mean_and_half_precision_as_fp32() -> None:
    real, fake = (side.float() for side in sides(4))
    plan = transport_plan(real.bfloat16(), fake.bfloat16(), K)
    assert isinstance(plan, Plan) and plan.costs.dtype is torch.float32
    whole = quadratic_cost_loss(lambda x: x.square().mean((1, 2, 3)), real, fake).loss
    with torch.autocast("cpu", torch.bfloat16):
        assert quadratic_cost_loss(torch.square, real, fake).loss.item() == pytest.approx(whole.item(), rel=1e-6)
