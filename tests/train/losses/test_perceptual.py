"""The perceptual distance against closed forms."""

import pytest
import torch
from upscale.train.losses.perceptual import perceptual


def test_the_paper_scales_features_by_a_twelfth_and_so_the_square_by_six_thousandths() -> None:
    hr = torch.rand(2, 8, 3, 3, dtype=torch.float64)
    assert perceptual(hr + 2, hr).item() == pytest.approx(4 / 12.75**2)
    assert perceptual(hr + 2, hr).item() == pytest.approx(4 * 0.006, rel=0.03)
    assert perceptual(hr + 2, hr, l1=True).item() == pytest.approx(2 / 12.75)
    assert perceptual(hr + 2, hr, scale=1.0).item() == pytest.approx(4)


@pytest.mark.parametrize("l1", [False, True])
def test_gradients(l1: bool) -> None:
    sr, hr = (torch.rand(1, 2, 3, 3, dtype=torch.float64, requires_grad=True) for _ in range(2))
    assert torch.autograd.gradcheck(lambda one, other: perceptual(one, other, l1=l1), (sr, hr))
