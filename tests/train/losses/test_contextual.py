"""The contextual loss against twenty lines of loops, and what must and must not change it."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from upscale.train.losses.contextual import contextual


def by_loops(found: NDArray[np.float64], wanted: NDArray[np.float64], h: float = 0.5) -> float:
    """One pair of feature sets. Shape: (positions, channels) each."""
    centre = wanted.mean(axis=0)
    found = [vector / np.linalg.norm(vector) for vector in found - centre]
    wanted = [vector / np.linalg.norm(vector) for vector in wanted - centre]
    cx = np.zeros((len(found), len(wanted)))
    for i, one in enumerate(found):
        distances = [(1 - float(one @ other)) / 2 for other in wanted]
        nearest = min(distances)
        affinities = [np.exp((1 - distance / (nearest + 1e-5)) / h) for distance in distances]
        for j, affinity in enumerate(affinities):
            cx[i, j] = affinity / sum(affinities)
    return -float(np.log(np.mean([max(cx[:, j]) for j in range(len(wanted))])))


def positions(features: Tensor) -> NDArray[np.float64]:
    return features.flatten(1).T.numpy()


@pytest.fixture
def pair() -> tuple[Tensor, Tensor]:
    return torch.rand(1, 8, 5, 5, dtype=torch.float64), torch.rand(1, 8, 5, 5, dtype=torch.float64)


@pytest.mark.parametrize("bandwidth", [0.1, 0.5])
def test_against_loops(pair: tuple[Tensor, Tensor], bandwidth: float) -> None:
    sr, hr = pair
    wanted = by_loops(positions(sr[0]), positions(hr[0]), bandwidth)
    assert contextual(sr, hr, bandwidth=bandwidth).item() == pytest.approx(wanted, rel=1e-9)


def test_a_picture_against_itself_is_zero(pair: tuple[Tensor, Tensor]) -> None:
    assert contextual(pair[1].float(), pair[1].float()).item() == pytest.approx(0, abs=1e-3)
    assert contextual(*pair).item() > 0.1


def test_where_features_are_does_not_matter(pair: tuple[Tensor, Tensor]) -> None:
    sr, hr = pair
    shuffled = hr.flatten(2)[..., torch.randperm(25)].view_as(hr)
    assert contextual(sr, shuffled).item() == pytest.approx(contextual(sr, hr).item())
    assert contextual(shuffled, hr).item() == pytest.approx(0, abs=1e-3)


def test_their_length_from_the_centre_does_not_matter(pair: tuple[Tensor, Tensor]) -> None:
    sr, hr = pair
    centre = hr.mean(dim=(0, 2, 3), keepdim=True)
    longer = centre + (sr - centre) * torch.linspace(0.5, 3, 25).view(1, 1, 5, 5)
    assert contextual(longer, hr).item() == pytest.approx(contextual(sr, hr).item())


def test_a_batch_is_the_mean_of_its_pictures_about_one_centre(pair: tuple[Tensor, Tensor]) -> None:
    sr, hr = (side - side.mean(dim=(0, 2, 3), keepdim=True) for side in pair)
    other = hr.flip(1)
    other = other - other.mean(dim=(0, 2, 3), keepdim=True)
    both = contextual(torch.cat((sr, other)), torch.cat((hr, other)))
    assert both.item() == pytest.approx((contextual(sr, hr) + contextual(other, other)).item() / 2, abs=1e-9)


def test_of_many_positions_as_many_are_drawn_as_asked(pair: tuple[Tensor, Tensor]) -> None:
    sr, hr = pair
    every = torch.linspace(0, 24, 9).long()
    few = contextual(sr.flatten(2)[..., every].view(1, 8, 3, 3), hr.flatten(2)[..., every].view(1, 8, 3, 3))
    assert contextual(sr, hr, positions=9).item() == pytest.approx(few.item())

    def drawn(seed: int) -> float:
        return contextual(sr, hr, positions=9, generator=torch.Generator().manual_seed(seed)).item()

    assert drawn(1) == drawn(1) != drawn(2)


def test_memory_is_bounded_on_large_pictures() -> None:
    """512 x 512 positions would need 256 GB."""
    sr, hr = torch.rand(1, 2, 512, 512, requires_grad=True), torch.rand(1, 2, 512, 512)
    contextual(sr, hr).backward()
    assert sr.grad is not None and torch.isfinite(sr.grad).all()


def test_autocast_does_not_reach_it(pair: tuple[Tensor, Tensor]) -> None:
    sr, hr = (side.float() for side in pair)
    with torch.autocast("cpu", torch.bfloat16):
        under = contextual(sr, hr)
    assert under.dtype is torch.float32 and under.item() == contextual(sr, hr).item()


def test_gradients(pair: tuple[Tensor, Tensor]) -> None:
    sr, hr = (side[..., :3, :3].clone().requires_grad_() for side in pair)
    assert torch.autograd.gradcheck(contextual, (sr, hr))
