"""The colour loss: what it sees, and what it does not."""

import cv2
import numpy as np
import pytest
import torch
from upscale.train.losses.colour import colour


def test_against_opencvs_blur() -> None:
    sr, hr = torch.rand(2, 3, 40, 33), torch.rand(2, 3, 40, 33)
    blurred = [
        [cv2.GaussianBlur(one.permute(1, 2, 0).numpy(), (21, 21), 3)[10:-10, 10:-10] for one in side]
        for side in (sr, hr)
    ]
    expected = np.square(np.array(blurred[0]) - np.array(blurred[1])).mean()
    assert colour(sr, hr).item() == pytest.approx(float(expected), rel=1e-4)


def test_a_shift_of_all_samples_costs_its_square() -> None:
    hr = torch.rand(1, 3, 32, 32)
    assert colour(hr + 0.1, hr).item() == pytest.approx(0.01, rel=1e-4)
    assert colour(hr, hr).item() == 0


def test_texture_is_free() -> None:
    """A checkerboard in a grey picture: 0.01 for the MSE, nothing here."""
    rows, columns = torch.meshgrid(torch.arange(32), torch.arange(32), indexing="ij")
    board = ((rows + columns) % 2 * 0.2 - 0.1).expand(1, 3, 32, 32)
    grey = torch.full((1, 3, 32, 32), 0.5)
    assert colour(grey + board, grey).item() < 1e-9


def test_the_gradient() -> None:
    hr = torch.rand(1, 1, 24, 22, dtype=torch.float64)
    sr = torch.rand(1, 1, 24, 22, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: colour(x, hr), (sr,))
