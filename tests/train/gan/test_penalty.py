"""The gradient penalty against closed forms, and clipping."""

import math

import pytest
import torch
from torch import Tensor, nn
from upscale.train.gan.penalty import clip_weights, gradient_penalty, slopes
from upscale.train.randomness import generator_for

SHAPE = (4, 3, 5, 6)


def pictures() -> tuple[Tensor, Tensor]:
    return torch.rand(SHAPE, dtype=torch.double), torch.rand(SHAPE, dtype=torch.double)


@pytest.mark.parametrize("step", range(3))
def test_a_linear_critic_pays_for_its_norm_whatever_the_mixture(step: int) -> None:
    """C(x) = <a, x>: (||a|| - 1)^2 exactly. A norm over the channels alone, as in known ports, gives another value."""
    direction = torch.randn(SHAPE[1:], dtype=torch.double)
    penalty = gradient_penalty(lambda x: (direction * x).sum((1, 2, 3)), *pictures(), generator_for(0, step, "penalty"))
    assert penalty.item() == pytest.approx((direction.norm().item() - 1) ** 2, rel=1e-10)
    assert penalty.item() != pytest.approx(((direction.norm(dim=0) - 1) ** 2).mean().item(), rel=1e-2)


def test_the_mean_has_the_slope_one_over_the_root_of_its_size() -> None:
    penalty = gradient_penalty(lambda x: x.mean((1, 2, 3)), *pictures(), generator_for(0, 0, "penalty"))
    assert penalty.item() == pytest.approx((1 / math.sqrt(3 * 5 * 6) - 1) ** 2, rel=1e-10)


def test_a_map_counts_as_its_mean() -> None:
    weight = torch.randn(1, 3, 3, 3, dtype=torch.double)
    real, fake = pictures()

    def as_map(x: Tensor) -> Tensor:
        return nn.functional.conv2d(x, weight, padding=1).tanh()

    whole = gradient_penalty(lambda x: as_map(x).mean((1, 2, 3)), real, fake, generator_for(0, 0, "penalty"))
    assert gradient_penalty(as_map, real, fake, generator_for(0, 0, "penalty")).item() == pytest.approx(whole.item())


def test_each_sample_lies_at_a_place_of_its_own_between_real_and_fake() -> None:
    seen: list[Tensor] = []

    def critic(x: Tensor) -> Tensor:
        seen.append(x.detach())
        return x.sum((1, 2, 3))

    real, fake = torch.ones(SHAPE, dtype=torch.double), torch.zeros(SHAPE, dtype=torch.double)
    gradient_penalty(critic, real, fake, generator_for(0, 0, "penalty"))
    shares = seen[0][:, 0, 0, 0]
    assert len(seen) == 1
    assert torch.equal(seen[0], shares[:, None, None, None].expand(SHAPE))
    assert len(set(shares.tolist())) == SHAPE[0]
    assert (shares >= 0).all() and (shares < 1).all()


def test_its_gradient_is_right_to_the_critics_weights_and_none_to_the_pictures() -> None:
    real, fake = pictures()
    fake.requires_grad_()

    def penalty(weight: Tensor) -> Tensor:
        return gradient_penalty(
            lambda x: (x.flatten(1) @ weight).tanh().square().sum(1), real, fake, generator_for(0, 0, "penalty")
        )

    weight = (torch.randn(90, 2, dtype=torch.double) * 0.1).requires_grad_()
    assert torch.autograd.gradcheck(penalty, (weight,))
    penalty(weight).backward()
    assert fake.grad is None


def test_it_is_computed_in_fp32_under_autocast() -> None:
    critic = nn.Sequential(nn.Flatten(), nn.Linear(90, 1))
    real, fake = (side.float() for side in pictures())
    plain = gradient_penalty(critic, real, fake, generator_for(0, 0, "penalty"))
    with torch.autocast("cpu", torch.bfloat16):
        assert critic(real).dtype is torch.bfloat16
        cast = gradient_penalty(critic, real.bfloat16(), fake.bfloat16(), generator_for(0, 0, "penalty"))
    assert cast.dtype is torch.float32
    assert cast.item() == pytest.approx(plain.item(), rel=1e-6)  # a linear critic: the same slope everywhere


def test_parts_of_a_batch_see_what_the_whole_would() -> None:
    """Two halves of a batch, two processes say, have the mean penalty of the whole."""
    real, fake = pictures()

    def critic(x: Tensor) -> Tensor:
        return x.square().sum((1, 2, 3))

    whole = gradient_penalty(critic, real, fake, generator_for(0, 0, "penalty"))
    halves = [
        gradient_penalty(critic, real.chunk(2)[i], fake.chunk(2)[i], generator_for(0, 0, "penalty"), part=(i, 2)).item()
        for i in range(2)
    ]
    assert sum(halves) / 2 == pytest.approx(whole.item(), rel=1e-12)
    assert halves[0] != halves[1]


def test_slopes_are_the_norms_of_each_samples_own_gradient() -> None:
    at = torch.randn(3, 2, 4, dtype=torch.double, requires_grad=True)
    measured = slopes(at.square().sum((1, 2)), at)
    assert measured.tolist() == pytest.approx([2 * one.norm().item() for one in at])


def test_clipping_bounds_every_parameter_in_place() -> None:
    critic = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
    kept = critic[0].weight.detach().clone()
    clip_weights(critic, 0.2)
    assert torch.equal(critic[0].weight, kept.clamp(-0.2, 0.2))
    assert all(parameter.abs().max() <= 0.2 and parameter.requires_grad for parameter in critic.parameters())
