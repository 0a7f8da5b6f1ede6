"""The three total variations against torchmetrics, kornia and loops."""

import math

import kornia
import pytest
import torch
from torch import Tensor
from torchmetrics.functional.image import total_variation
from upscale.train.losses.tv import anisotropic_tv, isotropic_tv, squared_tv


@pytest.fixture
def picture() -> Tensor:
    return torch.rand(2, 3, 6, 9, dtype=torch.float64)


def test_anisotropic_against_kornia(picture: Tensor) -> None:
    wanted = kornia.losses.total_variation(picture, reduction="mean").mean()
    assert anisotropic_tv(picture).item() == pytest.approx(wanted.item())


def test_anisotropic_against_torchmetrics(picture: Tensor) -> None:
    """Which sums: of a picture that varies in one direction only, that is the mean times the count."""
    rows = picture[..., :1].expand_as(picture)
    summed = total_variation(rows, reduction="sum")
    assert anisotropic_tv(rows).item() * 2 * 3 * 5 * 9 == pytest.approx(summed.item())


def test_isotropic_against_a_loop(picture: Tensor) -> None:
    lengths = [
        math.hypot(plane[y + 1, x] - plane[y, x], plane[y, x + 1] - plane[y, x])
        for plane in picture.flatten(0, 1).numpy()
        for y in range(5)
        for x in range(8)
    ]
    assert isotropic_tv(picture).item() == pytest.approx(sum(lengths) / len(lengths), abs=1e-6)


def test_squared_against_a_loop(picture: Tensor) -> None:
    planes = picture.flatten(0, 1).numpy()
    down = [(plane[y + 1, x] - plane[y, x]) ** 2 for plane in planes for y in range(5) for x in range(9)]
    right = [(plane[y, x + 1] - plane[y, x]) ** 2 for plane in planes for y in range(6) for x in range(8)]
    assert squared_tv(picture).item() == pytest.approx(2 * (sum(down) / len(down) + sum(right) / len(right)))


def test_a_ramp_tells_them_apart() -> None:
    ramp = 0.3 * torch.arange(8.0).expand(1, 1, 8, 8) + 0.4 * torch.arange(8.0)[:, None]
    assert isotropic_tv(ramp).item() == pytest.approx(0.5, abs=1e-5)
    assert anisotropic_tv(ramp).item() == pytest.approx(0.7, abs=1e-5)
    assert squared_tv(ramp).item() == pytest.approx(2 * 0.25, abs=1e-5)


def test_a_flat_picture_has_a_gradient_of_zero() -> None:
    flat = torch.full((1, 3, 4, 4), 0.5, requires_grad=True)
    isotropic_tv(flat).backward()
    assert flat.grad is not None and flat.grad.abs().max() == 0


@pytest.mark.parametrize("loss", [isotropic_tv, squared_tv, anisotropic_tv])
def test_gradients(loss: object) -> None:
    assert torch.autograd.gradcheck(loss, torch.rand(1, 2, 4, 3, dtype=torch.float64, requires_grad=True))
