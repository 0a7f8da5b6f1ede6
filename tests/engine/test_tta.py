"""The average over a picture's symmetries."""

import pytest
import torch
from networks import BlackBox, small_networks
from torch import Tensor

from upscale.engine.bands import TensorSource, assemble
from upscale.engine.enlarge import enlarge
from upscale.engine.scaling import ScalePlan
from upscale.engine.sizes import SizeWish
from upscale.engine.tta import stream_averaged
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.models.network import Network

NETWORK, *_ = small_networks()
FLOATS = 2e-6


def averaged(network: Network, *pictures: Tensor, tile: int | None = None) -> list[Tensor]:
    upscaler = Upscaler(network, UpscaleOptions(device="cpu", dtype="fp32", tile=tile))
    return list(assemble(stream_averaged(upscaler, map(TensorSource, pictures)), upscaler.scale))


def by_hand(network: Network, picture: Tensor) -> Tensor:
    """Rotations by quarters, of the picture and of its mirror image."""
    answers = []
    for mirrored in (False, True):
        for quarters in range(4):
            seen = (picture.flip(2) if mirrored else picture).rot90(quarters, (1, 2))
            answer = network(seen[None])[0].rot90(-quarters, (1, 2))
            answers.append(answer.flip(2) if mirrored else answer)
    return torch.stack(answers).mean(0)


@pytest.mark.parametrize("network", [NETWORK, BlackBox(NETWORK, radius_known=True)])
@pytest.mark.parametrize("tile", [None, 16])
@torch.no_grad()
def test_it_is_the_mean_of_all_eight(network: Network, tile: int | None) -> None:
    pictures = [torch.rand(3, *size) for size in ((17, 30), (17, 30), (9, 9), (40, 1), (1, 1))]
    results = averaged(network, *pictures, tile=tile)
    assert len(results) == len(pictures)
    for picture, result in zip(pictures, results, strict=True):
        assert (result - by_hand(network, picture)).abs().max() < FLOATS


@torch.no_grad()
def test_a_turned_picture_gives_the_turned_result() -> None:
    picture = torch.rand(3, 20, 33)
    [upright] = averaged(NETWORK, picture)
    plain = NETWORK(picture[None])[0]
    for mirror in ([1], [2], [1, 2]):
        [turned] = averaged(NETWORK, picture.flip(mirror))
        assert (turned - upright.flip(mirror)).abs().max() < FLOATS
        assert (NETWORK(picture.flip(mirror)[None])[0] - plain.flip(mirror)).abs().max() > 100 * FLOATS
    [turned] = averaged(NETWORK, picture.transpose(1, 2))
    assert (turned - upright.transpose(1, 2)).abs().max() < FLOATS


def test_every_pass_is_averaged() -> None:
    picture = torch.rand(3, 6, 9)
    upscaler = Upscaler(NETWORK, UpscaleOptions(device="cpu", dtype="fp32"))
    plan = ScalePlan((NETWORK,), SizeWish(4), tta=True)
    ((_, result),) = enlarge(upscaler, plan, [TensorSource(picture)])
    [once] = averaged(NETWORK, picture)
    [twice] = averaged(NETWORK, once)
    assert (result - twice).abs().max() < FLOATS
