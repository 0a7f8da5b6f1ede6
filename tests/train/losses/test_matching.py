"""Feature matching against closed forms."""

import pytest
import torch
from torch import Tensor
from upscale.train.losses.matching import feature_matching


@pytest.fixture
def layers() -> list[Tensor]:
    return [torch.rand(4, 2, 5, 5, dtype=torch.float64), torch.rand(4, 7, dtype=torch.float64)]


def test_it_is_the_sum_over_layers_of_mean_absolute_differences(layers: list[Tensor]) -> None:
    shifted = [layers[0] + 0.5, layers[1] - 0.25]
    assert feature_matching(shifted, layers).item() == pytest.approx(0.75)


def test_pictures_are_compared_one_by_one(layers: list[Tensor]) -> None:
    shuffled = [layer[torch.tensor([2, 0, 3, 1])] for layer in layers]
    assert feature_matching(shuffled, layers).item() > 0.1


def test_only_the_fake_side_gets_a_gradient(layers: list[Tensor]) -> None:
    fake = [torch.zeros_like(layer, requires_grad=True) for layer in layers]
    real = [layer.clone().requires_grad_() for layer in layers]
    feature_matching(fake, real).backward()
    assert all(layer.grad is not None for layer in fake)
    assert all(layer.grad is None for layer in real)


def test_half_precision_features_are_compared_in_full() -> None:
    one = [torch.ones(1, 1000, dtype=torch.bfloat16)]
    other = [torch.ones(1, 1000, dtype=torch.bfloat16).index_fill(1, torch.tensor([0]), 0)]
    loss = feature_matching(one, other)
    assert loss.dtype is torch.float32 and loss.item() == pytest.approx(1e-3, rel=1e-5)


def test_gradients(layers: list[Tensor]) -> None:
    fake = layers[1].clone().requires_grad_()
    real = [torch.rand_like(layers[1])]
    assert torch.autograd.gradcheck(lambda layer: feature_matching([layer], real), fake)
