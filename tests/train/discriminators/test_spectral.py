"""The largest singular value is 1, found in passing, and followed while the weights change."""

import pytest
import torch
from torch import nn
from upscale.train.discriminators.spectral import SpectralConv2d, SpectralLinear, normalised


def layers() -> list[SpectralConv2d | SpectralLinear]:
    torch.manual_seed(0)
    made = [SpectralConv2d(4, 12, 3, 2, padding=1, bias=True), SpectralLinear(10, 6)]
    for layer in made:
        nn.init.normal_(layer.weight)
    return made


def singular(layer: SpectralConv2d | SpectralLinear) -> float:
    weight = normalised(layer.weight, layer.get_buffer("direction"), iterate=False)
    return torch.linalg.matrix_norm(weight.detach().flatten(1), 2).item()


@pytest.mark.parametrize("index", [0, 1])
def test_training_passes_find_the_largest_singular_value(index: int) -> None:
    layer = layers()[index]
    x = torch.rand(1, 4, 8, 8) if index == 0 else torch.rand(1, 10)
    for _ in range(100):
        layer(x)
    assert singular(layer) == pytest.approx(1, rel=1e-3)
    with torch.no_grad():
        layer.weight.add_(torch.randn_like(layer.weight), alpha=0.05)
    for _ in range(30):
        layer(x)
    assert singular(layer) == pytest.approx(1, rel=1e-2)


def test_evaluation_changes_nothing() -> None:
    layer = layers()[1].eval()
    before = layer.get_buffer("direction").clone()
    assert torch.equal(layer(torch.ones(1, 10)), layer(torch.ones(1, 10)))
    assert torch.equal(layer.get_buffer("direction"), before)


def test_the_singular_value_is_differentiated() -> None:
    """A gradient along the weight itself is none: making it larger changes nothing."""
    layer = layers()[0]
    layer(torch.rand(1, 4, 8, 8)).square().sum().backward()
    assert layer.weight.grad is not None
    along = (layer.weight.grad * layer.weight).sum()
    assert along.abs() < 1e-4 * layer.weight.grad.norm() * layer.weight.norm()


def test_half_precision_does_not_reach_the_iteration() -> None:
    one, other = layers()[1], layers()[1]
    one.load_state_dict(other.state_dict())
    one(torch.ones(1, 10))
    with torch.autocast("cpu", torch.bfloat16):
        other(torch.ones(1, 10))
    assert torch.equal(one.get_buffer("direction"), other.get_buffer("direction"))
