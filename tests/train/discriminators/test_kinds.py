"""What training asks of every discriminator with every norm: second derivatives, no traces, layouts, precisions."""

import pytest
import torch
from judges import KINDS, USUAL, judges_of, new_judges, noise, pictures, side_px
from torch import Tensor
from torch.func import functional_call
from upscale.train.config import GanConfig, Norm
from upscale.train.discriminators.build import build_judges

every_kind = pytest.mark.parametrize(("name", "norm"), KINDS)
# Differentiated twice, which takes long: every norm on the quickest kind, and every kind with the norm it is used with.
every_kind_twice = pytest.mark.parametrize(
    ("name", "norm"),
    [
        pytest.param(name, norm, marks=() if name == "patch" or norm == USUAL[name] else pytest.mark.slow)
        for name, norm in KINDS
    ],
)


@pytest.mark.parametrize(
    ("name", "norm", "side", "count"),
    [
        ("dense", "batch", 96, 23_563_649),
        ("dense", "batch", 128, 38_243_713),
        ("dense", "batch", 384, 306_679_169),
        ("pooled", "batch", 96, 5_213_569),
        ("patch", "batch", 96, 2_765_633),
        ("patch", "instance", 96, 2_764_737),
        ("unet", "spectral", 96, 4_376_897),
        ("pooled+patch@2", "batch", 96, 5_213_569 + 2_765_633),
    ],
)
def test_parameter_counts_are_the_published_ones(name: str, norm: Norm, side: int, count: int) -> None:
    with torch.device("meta"):
        judges = build_judges(GanConfig(discriminator=name, norm=norm), side)
    assert sum(parameter.numel() for parameter in judges.parameters()) == count


@every_kind_twice
def test_gradient_penalty_has_the_right_gradient(name: str, norm: Norm) -> None:
    """The gradient of the norm of a gradient, against a difference in double precision."""
    judges = judges_of(name, norm).double().eval()
    between = pictures(name, norm).double().requires_grad_(True)

    def penalty(*, differentiable: bool) -> Tensor:
        logits = judges(between)[0].logits
        (slope,) = torch.autograd.grad(logits.sum(), between, create_graph=differentiable)
        total: Tensor = (slope.flatten(1).norm(dim=1) - 1).square().mean()
        return total

    # Weights alone: a bias changes no slope, save through norms.
    weights = [parameter for parameter in judges.parameters() if parameter.dim() > 1]
    gradients = torch.autograd.grad(penalty(differentiable=True), weights)
    size = sum(gradient.square().sum() for gradient in gradients).sqrt()

    def moved(step: float) -> float:
        # So small that no activation crosses a kink on the way.
        for weight, gradient in zip(weights, gradients, strict=True):
            weight.data.add_(gradient, alpha=step / size.item())
        return penalty(differentiable=False).item()

    expected = (moved(1e-8) - moved(-2e-8)) / 2e-8
    assert expected > 0
    assert size.item() == pytest.approx(expected, rel=1e-3)


@every_kind
def test_functional_call_is_the_same_and_leaves_no_trace(name: str, norm: Norm) -> None:
    judges = judges_of(name, norm)
    before = {key: value.clone() for key, value in judges.state_dict().items()}
    copies = {key: value.detach().clone() for key, value in judges.state_dict().items()}
    outside = functional_call(judges, copies, (pictures(name, norm),))
    assert all(torch.equal(value, before[key]) for key, value in judges.state_dict().items())
    inside = judges(pictures(name, norm))
    assert torch.equal(outside[0].logits, inside[0].logits)


@every_kind_twice
def test_unrolled_steps_reach_the_pictures(name: str, norm: Norm) -> None:
    """The judge of two steps ahead, differentiated through these steps."""
    judges = judges_of(name, norm)
    parameters = dict(judges.named_parameters())
    buffers = {key: value.clone() for key, value in judges.named_buffers()}
    fake = pictures(name, norm, seed=2).requires_grad_(True)
    slopes = []
    for _ in range(2):
        logits = functional_call(judges, {**parameters, **buffers}, (fake,))[0].logits
        slopes.append(torch.autograd.grad(logits.sum(), fake, retain_graph=True)[0])
        gradients = torch.autograd.grad(logits.sigmoid().mean(), list(parameters.values()), create_graph=True)
        parameters = {
            key: value - 1e-2 * gradient for (key, value), gradient in zip(parameters.items(), gradients, strict=True)
        }
    (through,) = torch.autograd.grad(sum(value.square().sum() for value in parameters.values()), fake)
    assert through.isfinite().all() and through.abs().sum() > 0
    assert not torch.equal(*slopes)


@every_kind
def test_layout_makes_no_difference(name: str, norm: Norm) -> None:
    judges = judges_of(name, norm).double().eval()
    plain = judges(pictures(name, norm).double())[0]
    judges.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    last = judges(pictures(name, norm).double().to(memory_format=torch.channels_last))[0]
    torch.testing.assert_close(last.logits, plain.logits, rtol=1e-9, atol=1e-9)
    for one, other in zip(last.features, plain.features, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-9)


@every_kind
def test_bf16_autocast_trains(name: str, norm: Norm) -> None:
    judges = judges_of(name, norm).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    fake = noise(4, side_px(name, norm)).to(memory_format=torch.channels_last).requires_grad_(True)
    exact = judges(fake)[0].logits
    with torch.autocast("cpu", torch.bfloat16):
        logits = judges(fake)[0].logits
    assert logits.dtype is torch.float32
    assert (logits - exact).abs().max() < 0.05 * exact.abs().max() + 0.01
    logits.sum().backward()
    assert fake.grad is not None and fake.grad.isfinite().all() and fake.grad.abs().sum() > 0
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in judges.parameters())


@every_kind
def test_untrained_judge_is_undecided_but_not_blind(name: str, norm: Norm) -> None:
    """Its first layers' signals reach the last, and its first logits are too small to push anybody."""
    fake = pictures(name, norm).requires_grad_(True)
    opinion = judges_of(name, norm)(fake)[0]
    assert len(opinion.features) == (4 if name == "patch" else 9)
    assert all(len(feature) == 2 and feature.requires_grad for feature in opinion.features)
    assert opinion.logits.abs().mean() < 0.5
    assert opinion.features[-1].std() > 0.005
    opinion.logits.sum().backward()
    assert fake.grad is not None and fake.grad.abs().sum() > 0


@every_kind
def test_state_goes_into_another_and_makes_it_the_same(name: str, norm: Norm) -> None:
    judges = judges_of(name, norm)
    judges(pictures(name, norm))
    other = new_judges(name, norm)
    other.load_state_dict(judges.state_dict())
    assert torch.equal(other(pictures(name, norm))[0].logits, judges(pictures(name, norm))[0].logits)
