"""Small networks of every kind, for tests that must hold for all of them."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from upscale.models.espcn import Espcn, EspcnConfig
from upscale.models.network import Network
from upscale.models.resample import Resample, ResampleConfig
from upscale.models.srcnn import Srcnn, SrcnnConfig
from upscale.models.srresnet import Srresnet, SrresnetConfig


def small_networks() -> list[Network]:
    """One of each kind and each option that changes the arithmetic, with random weights, in evaluation mode."""
    torch.manual_seed(1)
    networks: list[Network] = [
        *(Srresnet(SrresnetConfig(scale, blocks=2, channels=8)) for scale in (2, 3, 4, 8)),
        Srresnet(SrresnetConfig(4, blocks=1, channels=8, norm="none", prelu="channel")),
        Srresnet(SrresnetConfig(3, blocks=1, channels=8, prelu="channel", upsampling="nearest")),
        *(Srresnet(SrresnetConfig(scale, blocks=2, channels=8, upsampling="direct")) for scale in (3, 4)),
        *(Espcn(EspcnConfig(3, colour=colour)) for colour in ("y", "rgb")),
        Espcn(EspcnConfig(2, activation="relu")),
        *(Srcnn(SrcnnConfig(2, kernels=(9, 1, 5), colour=colour)) for colour in ("y", "rgb")),
        Srcnn(SrcnnConfig(3)),
        *(Resample(ResampleConfig(scale, "bicubic")) for scale in (2, 3)),
        Resample(ResampleConfig(2, "nearest")),
        Resample(ResampleConfig(4, "lanczos")),
    ]
    for network in networks:
        unsettle(network)
    return [network.eval() for network in networks]


def unsettle(network: Network) -> None:
    """Slopes and statistics away from their defaults, so that a mix-up of channels shows."""
    for module in network.modules():
        if isinstance(module, nn.PReLU):
            nn.init.uniform_(module.weight, 0.0, 0.5)
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None and module.running_var is not None
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.1)


def network_name(network: Network) -> str:
    """For the names of parametrised tests."""
    return f"{network.spec.name}-{network.config}"


class BlackBox(Network):
    """A network that can only be called, as a foreign one; with or without a known radius."""

    def __init__(self, inner: Network, *, radius_known: bool) -> None:
        super().__init__()
        self.inner, self.config = inner, inner.config
        self.spec = inner.spec
        if not radius_known:
            self.spec = replace(self.spec, radius=None)

    def forward(self, lr: Tensor) -> Tensor:
        sr: Tensor = self.inner(lr)
        return sr

    def stages(self) -> None:
        return None
