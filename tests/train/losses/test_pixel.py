"""Pixel losses against closed forms and torch's and kornia's own."""

import math

import kornia
import pytest
import torch
import torch.nn.functional as F
from upscale.train.losses.pixel import charbonnier, l1, mse


def test_against_torch() -> None:
    sr, hr = torch.rand(2, 3, 5, 7), torch.rand(2, 3, 5, 7)
    assert l1(sr, hr).item() == pytest.approx(F.l1_loss(sr, hr).item())
    assert mse(sr, hr).item() == pytest.approx(F.mse_loss(sr, hr).item())


def test_charbonnier_of_four_elements() -> None:
    sr = torch.tensor([[[[0.0, 0.3], [0.5, 1.0]]]], dtype=torch.float64)
    hr = torch.tensor([[[[0.0, 0.7], [0.2, 0.0]]]], dtype=torch.float64)
    wanted = sum(math.sqrt(d**2 + 0.1**2) for d in (0.0, 0.4, 0.3, 1.0)) / 4
    assert charbonnier(sr, hr, epsilon=0.1).item() == pytest.approx(wanted, rel=1e-12)


def test_charbonnier_against_kornia() -> None:
    """kornia's is sqrt(d^2 + 1) - 1."""
    sr, hr = torch.rand(2, 3, 5, 7), torch.rand(2, 3, 5, 7)
    wanted = kornia.losses.charbonnier_loss(sr, hr, reduction="mean")
    assert charbonnier(sr, hr, epsilon=1.0).item() - 1 == pytest.approx(wanted.item(), rel=1e-4)


def test_charbonnier_is_smooth_where_pictures_are_equal_and_l1_far_from_there() -> None:
    hr = torch.rand(1, 3, 4, 4)
    sr = hr.clone().requires_grad_()
    charbonnier(sr, hr).backward()
    assert sr.grad is not None and sr.grad.abs().max() == 0
    assert charbonnier(hr, hr).item() == pytest.approx(1e-3)
    assert charbonnier(hr + 0.5, hr).item() == pytest.approx(l1(hr + 0.5, hr).item(), rel=1e-5)


@pytest.mark.parametrize("loss", [l1, mse, charbonnier])
def test_gradients(loss: object) -> None:
    sr, hr = (torch.rand(1, 2, 3, 3, dtype=torch.float64, requires_grad=True) for _ in range(2))
    assert torch.autograd.gradcheck(loss, (sr, hr))
