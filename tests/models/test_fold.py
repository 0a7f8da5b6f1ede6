"""BatchNorm folded into the convolutions: the same pictures from a network that has none."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from networks import network_name, small_networks, unsettle
from torch import nn

from upscale.models.checkpoint import read_network, save_network
from upscale.models.fold import fold_batch_norm
from upscale.models.srresnet import Srresnet, SrresnetConfig

CONFIGS = [
    *(SrresnetConfig(scale, blocks=3, channels=8) for scale in (2, 3, 4)),
    SrresnetConfig(4, blocks=1, channels=8, prelu="channel", upsampling="nearest"),
]


def trained(config: SrresnetConfig) -> Srresnet:
    """With statistics, scales and shifts as a training leaves them."""
    torch.manual_seed(1)
    network = Srresnet(config)
    unsettle(network)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(-1, 2)
                module.bias.uniform_(-1, 1)
    network.spec = replace(network.spec, name="mine", licence="MIT", scores={"Set5 x4 PSNR-Y": 30.0})
    return network.eval()


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_folded_network_makes_the_same_pictures_without_batchnorm(config: SrresnetConfig) -> None:
    network = trained(config).double()
    folded = fold_batch_norm(network)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in folded.modules())
    assert folded.config == replace(config, norm="none")
    assert folded.spec == network.spec
    lr = torch.rand(2, 3, 9, 11)
    expected = network(lr.double())
    # The folded weights are float32.
    assert (folded(lr) - expected).abs().max() < 2e-6 * expected.abs().max()


def test_folded_network_goes_through_a_file(tmp_path: Path) -> None:
    network = trained(CONFIGS[0])
    path = tmp_path / "folded.safetensors"
    save_network(fold_batch_norm(network), path)
    again = read_network(path)
    lr = torch.rand(1, 3, 8, 8)
    torch.testing.assert_close(again(lr), network(lr), rtol=1e-5, atol=1e-5)
    assert again.spec == network.spec


def test_network_in_training_is_folded_as_it_would_evaluate_and_left_as_it_is() -> None:
    network = trained(CONFIGS[0])
    lr = torch.rand(1, 3, 8, 8)
    expected = network(lr)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    folded = fold_batch_norm(network.train())
    torch.testing.assert_close(folded(lr), expected, rtol=1e-5, atol=1e-5)
    assert network.training
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_networks_without_batchnorm_stay_themselves() -> None:
    for network in small_networks():
        has_norm = any(isinstance(module, nn.BatchNorm2d) for module in network.modules())
        assert (fold_batch_norm(network) is network) is not has_norm, network_name(network)
