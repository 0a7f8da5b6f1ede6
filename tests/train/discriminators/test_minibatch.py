"""Minibatch discrimination: against its definition, and what it says of sameness."""

import math

import pytest
import torch
from judges import noise
from upscale.train.config import GanConfig
from upscale.train.discriminators.build import build_judges
from upscale.train.discriminators.minibatch import DIMENSIONS, MinibatchDiscrimination, closeness


def test_closeness_is_its_definition() -> None:
    torch.manual_seed(0)
    features, projection = torch.randn(5, 7), torch.randn(7, 3, DIMENSIONS) * 0.2
    found = closeness(features, projection)
    for i in range(5):
        for b in range(3):
            placed = features @ projection[:, b]
            expected = sum(math.exp(-float((placed[i] - placed[j]).abs().sum())) for j in range(5) if j != i)
            assert found[i, b].item() == pytest.approx(expected, rel=1e-5)


def test_equal_pictures_are_as_close_as_can_be_and_one_alone_is_close_to_none() -> None:
    torch.manual_seed(0)
    layer = MinibatchDiscrimination(6, 4)
    assert torch.allclose(layer(torch.rand(1, 6).expand(9, 6))[:, 6:], torch.tensor(8.0))
    assert torch.allclose(layer(torch.rand(1, 6))[:, 6:], torch.tensor(0.0), atol=1e-6)


def test_features_are_passed_on_beside_the_closeness() -> None:
    layer = MinibatchDiscrimination(6, 4)
    features = torch.rand(3, 6)
    assert layer(features).shape == (3, 10)
    assert torch.equal(layer(features)[:, :6], features)


def test_closeness_of_untrained_judges_neither_vanishes_nor_saturates() -> None:
    torch.manual_seed(0)
    judges = build_judges(GanConfig(kernels=50), 32)
    hidden = judges(noise(8, 32))[0].features[-1]
    spread = closeness(hidden, judges.judges[0].minibatch.projection) / 7
    assert 0.02 < spread.mean().item() < 0.98


@pytest.mark.parametrize("name", ["pooled", "dense"])
def test_it_costs_its_parameters_and_learns(name: str) -> None:
    torch.manual_seed(0)
    with_it = build_judges(GanConfig(discriminator=name, kernels=20, norm="spectral"), 32)
    without = build_judges(GanConfig(discriminator=name, norm="spectral"), 32)
    counts = [sum(parameter.numel() for parameter in judges.parameters()) for judges in (with_it, without)]
    assert counts[0] - counts[1] == 1024 * 20 * DIMENSIONS + 20
    with_it(noise(4, 32))[0].logits.square().sum().backward()
    gradient = with_it.judges[0].minibatch.projection.grad
    assert gradient is not None and gradient.abs().sum() > 0


def test_second_derivatives_pass_through() -> None:
    torch.manual_seed(0)
    features = torch.randn(4, 6, dtype=torch.float64, requires_grad=True)
    projection = torch.randn(6, 3, DIMENSIONS, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(closeness, (features, projection))


def test_reference_pictures_are_no_part_of_the_batch() -> None:
    torch.manual_seed(0)
    judges = build_judges(GanConfig(kernels=10, norm="virtual"), 24).double()
    judges.set_reference(noise(16, 24).double())
    alone = judges(noise(1, 24, seed=7).double())[0]
    layer = judges.judges[0].minibatch
    assert isinstance(layer, MinibatchDiscrimination)
    assert torch.allclose(layer(alone.features[-1])[:, -10:], torch.tensor(0.0, dtype=torch.float64), atol=1e-9)
    pair = judges(noise(1, 24, seed=7).double().expand(2, -1, -1, -1))[0]
    expected = judges.judges[0].last(layer(pair.features[-1]))
    torch.testing.assert_close(pair.logits, expected)
    assert not torch.allclose(pair.logits[:1], alone.logits)
