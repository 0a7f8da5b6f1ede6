"""Unrolled updates against the real optimiser and finite differences; nothing real may change."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from upscale.train.gan.objectives import discriminator_loss, generator_loss
from upscale.train.gan.unroll import Judge, unrolled, with_tensors


def judge_of(kind: str) -> nn.Module:
    """A small convolutional judge in double precision, with the norm that is asked for."""
    # No bias before BatchNorm: its gradient is rounding alone, and Adam would make steps of that.
    first, second = nn.Conv2d(3, 6, 3, 2, 1, bias=kind != "batch"), nn.Conv2d(6, 4, 3, 2, 1)
    norm: nn.Module = nn.BatchNorm2d(6) if kind == "batch" else nn.Identity()
    if kind == "spectral":
        second = nn.utils.parametrizations.spectral_norm(second)
    body = nn.Sequential(first, norm, nn.LeakyReLU(0.2), second, nn.Tanh(), nn.Flatten(), nn.Linear(16, 1))
    return body.double().train()


def adam(judge: nn.Module) -> torch.optim.Adam:
    """An optimiser with a past: at its first step Adam only knows signs."""
    optimiser = torch.optim.Adam(judge.parameters(), 1e-2, betas=(0.5, 0.9))
    for _ in range(3):
        real, fake = pictures(), pictures()
        optimiser.zero_grad()
        discriminator_loss("vanilla", judge(real), judge(fake)).backward()
        optimiser.step()
    return optimiser


def pictures() -> Tensor:
    return torch.rand(4, 3, 8, 8, dtype=torch.double)


def objective(real: Tensor, fake: Tensor) -> Callable[[Judge], Tensor]:
    return lambda judge: discriminator_loss("vanilla", judge(real), judge(fake))


def everything(judge: nn.Module, optimiser: torch.optim.Adam) -> list[Tensor]:
    """All that must stay as it is: weights, buffers, gradients, the optimiser's memory."""
    held = [*judge.state_dict().values(), *(p.grad for p in judge.parameters() if p.grad is not None)]
    held += [value for state in optimiser.state.values() for value in state.values()]
    return [value.detach().clone() for value in held]


@pytest.mark.parametrize("kind", ["none", "batch", "spectral"])
@pytest.mark.parametrize("k", [1, 4])
def test_simulated_steps_are_the_optimisers_own(kind: str, k: int) -> None:
    """BatchNorm's statistics and spectral norm's vectors included."""
    judge = judge_of(kind)
    optimiser = adam(judge)
    real, fake = pictures(), pictures()
    state = unrolled(judge, objective(real, fake), k, optimiser)
    for _ in range(k):
        optimiser.zero_grad()
        objective(real, fake)(judge).backward()
        optimiser.step()
    wanted = dict(judge.named_parameters()) | dict(judge.named_buffers())
    assert state.keys() == wanted.keys()
    for name, value in wanted.items():
        torch.testing.assert_close(state[name], value, rtol=1e-9, atol=1e-12)


def test_the_first_step_of_a_fresh_optimiser_is_its_own_too() -> None:
    judge = judge_of("none")
    optimiser = torch.optim.Adam(judge.parameters(), 1e-2, betas=(0.5, 0.9))
    real, fake = pictures(), pictures()
    state = unrolled(judge, objective(real, fake), 1, optimiser)
    assert optimiser.state == {}
    objective(real, fake)(judge).backward()
    optimiser.step()
    for name, value in judge.named_parameters():
        torch.testing.assert_close(state[name], value, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", ["none", "batch", "spectral"])
def test_nothing_real_changes(kind: str) -> None:
    judge = judge_of(kind)
    optimiser = adam(judge)
    fake = pictures().requires_grad_()
    before = everything(judge, optimiser)
    future = with_tensors(judge, unrolled(judge, objective(pictures(), fake), 3, optimiser))
    generator_loss("vanilla", future(fake), future(fake)).backward()
    after = everything(judge, optimiser)
    assert len(before) == len(after) and all(map(torch.equal, before, after))
    assert all(parameter.requires_grad for parameter in judge.parameters())
    assert fake.grad is not None and fake.grad.abs().sum() > 0


def test_a_judge_that_learns_nothing_now_can_be_unrolled() -> None:
    judge = judge_of("none")
    optimiser = adam(judge)
    real, fake = pictures(), pictures()
    wanted = unrolled(judge, objective(real, fake), 2, optimiser)
    judge.requires_grad_(False)
    state = unrolled(judge, objective(real, fake), 2, optimiser)
    assert all(torch.equal(state[name], value) for name, value in wanted.items())
    assert not any(parameter.requires_grad for parameter in judge.parameters())


def test_no_steps_are_the_judge_as_it_is() -> None:
    judge = judge_of("batch")
    optimiser = adam(judge)
    plain = pictures().requires_grad_()
    looking = plain.detach().clone().requires_grad_()
    future = with_tensors(judge, unrolled(judge, objective(pictures(), looking), 0, optimiser))
    generator_loss("vanilla", looking, future(looking)).backward()
    generator_loss("vanilla", plain, judge(plain)).backward()
    assert plain.grad is not None and looking.grad is not None
    assert torch.equal(plain.grad, looking.grad)


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("kind", ["none", "batch"])
def test_the_gradient_through_the_steps_is_that_of_finite_differences(kind: str, k: int) -> None:
    """It passes through how the judge answers, so it is not the gradient to the judge held still at its future."""
    judge = judge_of(kind)
    optimiser = adam(judge)
    real, fake = pictures(), pictures().requires_grad_()

    def fooled(pictures: Tensor) -> Tensor:
        future = with_tensors(judge, unrolled(judge, objective(real, pictures), k, optimiser))
        return generator_loss("vanilla", pictures, future(pictures))

    (through,) = torch.autograd.grad(fooled(fake), fake)
    direction = torch.randn_like(fake)
    step = 1e-5
    with torch.no_grad():
        ahead, behind = fake + step * direction, fake - step * direction
    difference = (fooled(ahead) - fooled(behind)).item() / (2 * step)
    assert (through * direction).sum().item() == pytest.approx(difference, rel=1e-5)
    still = {n: v.detach() for n, v in unrolled(judge, objective(real, fake), k, optimiser).items()}
    (held,) = torch.autograd.grad(generator_loss("vanilla", fake, with_tensors(judge, still)(fake)), fake)
    assert (held * direction).sum().item() != pytest.approx(difference, rel=1e-3)


def test_weights_without_a_gradient_do_not_make_nan() -> None:
    """A dead unit's second moment is 0, where the root has no slope."""
    judge = nn.Sequential(nn.Flatten(), nn.Linear(192, 4), nn.ReLU(), nn.Linear(4, 1)).double()
    with torch.no_grad():
        judge[1].bias[0] = -1e6
    fake = pictures().requires_grad_()
    optimiser = torch.optim.Adam(judge.parameters(), 1e-2)
    future = with_tensors(judge, unrolled(judge, objective(pictures(), fake), 3, optimiser))
    generator_loss("vanilla", fake, future(fake)).backward()
    assert fake.grad is not None and fake.grad.isfinite().all()


def test_half_precision_gives_nearly_the_same_future() -> None:
    judge = judge_of("none").float()
    optimiser = torch.optim.Adam(judge.parameters(), 1e-2)
    real, fake = pictures().float(), pictures().float().requires_grad_()
    told = []
    for enabled in (False, True):
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            future = with_tensors(judge, unrolled(judge, objective(real, fake), 2, optimiser))
            loss = generator_loss("vanilla", fake, future(fake))
        (gradient,) = torch.autograd.grad(loss, fake)
        told.append((loss.item(), gradient))
    assert told[0][0] == pytest.approx(told[1][0], rel=1e-2)
    assert torch.nn.functional.cosine_similarity(told[0][1].flatten(), told[1][1].flatten(), dim=0) > 0.9
