"""The published count of multiply-adds, against counts that know nothing of stages."""

import pytest
import torch
from networks import network_name, small_networks
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from upscale.bench.arithmetic import multiply_adds
from upscale.models.network import Network
from upscale.models.srresnet import Srresnet, SrresnetConfig
from upscale.models.stages import interpolate, run


def hooked_count(network: Srresnet, lr: Tensor) -> int:
    """Multiply-adds of the paper's layers, told by the layers themselves as they run."""
    counted = []

    def count(module: nn.Module, inputs: object, output: Tensor) -> None:
        assert isinstance(module, nn.Conv2d)
        height, width = module.kernel_size
        counted.append(output.numel() * module.in_channels * height * width)

    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(count)
    features = network.head_prelu(network.head(lr))
    x = features
    for block in network.blocks:
        x = block(x)
    x = features + network.body_norm(network.body_tail(x))
    for upsampler in network.upsamplers:
        x = upsampler(x)
    network.tail(x)
    return sum(counted)


def test_srgan_counts_as_published() -> None:
    network = Srresnet(SrresnetConfig(4)).eval()
    with torch.inference_mode():
        counted = hooked_count(network, torch.rand(1, 3, 5, 7))
    assert multiply_adds(network.stages()) == 2_218_176 == counted / 35


def separable(padded: Tensor, kernel: Tensor) -> Tensor:
    """`interpolate` as it is counted: rows, then columns."""
    factor, taps = kernel.shape
    batch, channels, height, width = padded.shape
    rows = F.conv2d(padded.reshape(batch * channels, 1, height, width), kernel.view(factor, 1, taps, 1))
    rows = rows.transpose(1, 2).reshape(batch * channels, 1, -1, width)
    columns = F.conv2d(rows, kernel.view(factor, 1, 1, taps))
    return columns.permute(0, 2, 3, 1).reshape(batch, channels, columns.shape[2], -1)


@pytest.mark.parametrize(("factor", "taps"), [(2, 5), (3, 5), (4, 7)])
def test_both_directions_at_once_are_one_after_the_other(factor: int, taps: int) -> None:
    padded, kernel = torch.rand(2, 3, 9, 11), torch.rand(factor, taps) / taps
    torch.testing.assert_close(interpolate(padded, kernel), separable(padded, kernel), rtol=0, atol=1e-6)


@pytest.mark.parametrize("network", small_networks(), ids=network_name)
def test_every_network_counts_as_torch_counts_it(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    stages = network.stages()
    assert stages is not None
    # What is quickest computes more than what is counted.
    monkeypatch.setattr("upscale.models.stages.interpolate", separable)
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        run(stages, torch.rand(1, 3, 4, 512))
    # torch sees an interpolation's padding too: a few columns of 512, and for the rows of 4 none.
    assert 2 * multiply_adds(stages) * 4 * 512 == pytest.approx(counter.get_total_flops(), rel=0.01)
