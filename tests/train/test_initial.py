"""What a network is before its first step."""

import pytest
import torch
from networks import network_name
from torch import nn
from torch.nn import functional as F
from upscale.train.initial import hand_picture_through

from upscale.models.espcn import Espcn, EspcnConfig
from upscale.models.network import Network
from upscale.models.srcnn import Srcnn, SrcnnConfig
from upscale.models.srresnet import Srresnet, SrresnetConfig
from upscale.models.stages import run

SMALL = {"blocks": 2, "channels": 8, "norm": "none"}

passing_on = pytest.mark.parametrize(
    "network",
    [
        *(Srresnet(SrresnetConfig(scale, **SMALL)) for scale in (2, 3, 4)),  # type: ignore[arg-type]
        Srresnet(SrresnetConfig(4, **SMALL, prelu="channel", upsampling="direct")),  # type: ignore[arg-type]
        Espcn(EspcnConfig(3, activation="relu", colour="rgb")),
    ],
    ids=network_name,
)


@passing_on
@torch.no_grad()
def test_network_begins_as_the_nearest_neighbour(network: Network) -> None:
    hand_picture_through(network)
    lr = torch.rand(2, 3, 9, 7)
    nearest = F.interpolate(lr, scale_factor=network.spec.scale)
    assert (network(lr) - nearest).abs().max() < 1e-6


@passing_on
def test_gradient_reaches_every_layer_after_two_steps(network: Network) -> None:
    """In the first one only the last layer learns, which listens to nothing but the picture."""
    hand_picture_through(network)
    lr, hr = torch.rand(2, 3, 9, 7), torch.rand(2, 3, 9 * network.spec.scale, 7 * network.spec.scale)
    optimiser = torch.optim.SGD(network.parameters(), 0.1)
    for _ in range(2):
        optimiser.zero_grad()
        F.mse_loss(network(lr), hr).backward()
        optimiser.step()
    convs = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    assert all(module.weight.grad is not None and module.weight.grad.abs().max() > 0 for module in convs)


@torch.no_grad()
def test_srcnn_begins_as_bicubic() -> None:
    network = Srcnn(SrcnnConfig(2, colour="rgb"))
    hand_picture_through(network)
    lr = torch.rand(1, 3, 9, 7)
    bicubic = run(network.stages()[:1], lr)
    assert (network(lr) - bicubic.clamp(min=0)).abs().max() < 1e-6


@pytest.mark.parametrize(
    "network", [Espcn(EspcnConfig(2)), Srresnet(SrresnetConfig(2, blocks=1, channels=8))], ids=network_name
)
def test_what_would_bend_the_picture_stays_random(network: Network) -> None:
    before = {name: value.clone() for name, value in network.state_dict().items()}
    hand_picture_through(network)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
