"""The contract that every network keeps, and the published parameter counts."""

import pytest
import torch
from networks import network_name, small_networks

from upscale.models.espcn import Espcn, EspcnConfig
from upscale.models.fuse import fuse, polyphase_kernel
from upscale.models.network import Network
from upscale.models.srcnn import Srcnn, SrcnnConfig
from upscale.models.srresnet import Srresnet, SrresnetConfig
from upscale.models.stages import Affine, Conv, PRelu, Shuffle, run

# Rounding of float32 sums in another order.
TOLERANCE = 1e-5

every_network = pytest.mark.parametrize("network", small_networks(), ids=network_name)


@every_network
@pytest.mark.parametrize("size", [(1, 1), (7, 5), (12, 20)])
def test_output_is_scale_times_the_input(network: Network, size: tuple[int, int]) -> None:
    sr = network(torch.rand(2, 3, *size))
    assert sr.shape == (2, 3, size[0] * network.spec.scale, size[1] * network.spec.scale)


@every_network
@torch.no_grad()
def test_stages_equal_the_module(network: Network) -> None:
    lr = torch.rand(2, 3, 11, 9)
    stages = network.stages()
    assert stages is not None
    assert (run(stages, lr) - network(lr)).abs().max() < TOLERANCE


@every_network
@torch.no_grad()
def test_rewritten_stages_equal_the_module(network: Network) -> None:
    lr = torch.rand(2, 3, 11, 9)
    stages = network.stages()
    assert stages is not None
    assert (run(fuse(stages), lr) - network(lr)).abs().max() < TOLERANCE


@every_network
@torch.no_grad()
def test_radius_is_the_reach_of_one_pixel(network: Network) -> None:
    """A changed input pixel changes outputs within the radius only, and some of the outermost of those."""
    radius, scale = network.spec.radius, network.spec.scale
    assert radius is not None
    side = 2 * radius + 3
    lr = torch.rand(1, 3, side, side, dtype=torch.float64)
    network = network.double()
    touched = lr.clone()
    touched[:, :, radius + 1, radius + 1] += 1
    changed = (network(touched) - network(lr)).abs().amax(dim=(0, 1)) > 0
    network.float()
    assert not changed[:scale].any() and not changed[:, -scale:].any()
    assert changed[scale : 3 * scale].any()


@pytest.mark.parametrize(
    ("network", "count"),
    [
        (Srcnn(SrcnnConfig(4, kernels=(9, 1, 5))), 8_129),
        (Srcnn(SrcnnConfig(4, kernels=(9, 3, 5))), 24_513),
        (Srcnn(SrcnnConfig(4, kernels=(9, 5, 5))), 57_281),
        (Srcnn(SrcnnConfig(4, kernels=(9, 1, 5), colour="rgb")), 20_099),
        (Srcnn(SrcnnConfig(4, kernels=(9, 5, 5), colour="rgb")), 69_251),
        (Espcn(EspcnConfig(2)), 21_284),
        (Espcn(EspcnConfig(3)), 22_729),
        (Espcn(EspcnConfig(4)), 24_752),
        (Espcn(EspcnConfig(4, colour="rgb")), 37_200),
        (Srresnet(SrresnetConfig(2)), 1_401_749),
        (Srresnet(SrresnetConfig(3)), 1_586_389),
        (Srresnet(SrresnetConfig(4)), 1_549_462),
        (Srresnet(SrresnetConfig(4, prelu="channel")), 1_550_659),
        # Head 11,712 with its slope, 9 blocks of 41,569, body 20,784, end 20,784.
        (Srresnet(SrresnetConfig(4, blocks=9, channels=48, norm="none", upsampling="direct")), 427_402),
    ],
    ids=lambda value: value if isinstance(value, int) else network_name(value),
)
def test_parameter_counts_are_the_published_ones(network: Network, count: int) -> None:
    assert sum(parameter.numel() for parameter in network.parameters()) == count


def test_fuse_leaves_no_batch_norm_and_moves_the_tail_before_the_shuffle() -> None:
    stages = Srresnet(SrresnetConfig(4, blocks=1, channels=8)).stages()
    assert any(isinstance(stage, Affine) for stage in stages[2].main)  # type: ignore[union-attr]
    fused = fuse(stages)
    assert not any(isinstance(stage, Affine) for stage in fused[2].main)  # type: ignore[union-attr]
    assert isinstance(fused[-1], Shuffle) and isinstance(fused[-2], Conv) and isinstance(fused[-3], PRelu)


@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize("size", [1, 3, 5, 9])
def test_polyphase_kernel_equals_the_convolution_after_the_shuffle(size: int, factor: int) -> None:
    x = torch.rand(1, 2 * factor**2, 6, 5, dtype=torch.float64)
    weight = torch.rand(3, 2, size, size, dtype=torch.float64)
    kernel = polyphase_kernel(weight, factor)
    after = torch.conv2d(torch.pixel_shuffle(x, factor), weight, padding=size // 2)
    before = torch.pixel_shuffle(torch.conv2d(x, kernel, padding=kernel.shape[-1] // 2), factor)
    assert torch.allclose(before, after, atol=1e-12)


def test_luma_networks_leave_colour_differences_to_the_bicubic() -> None:
    """Whatever their weights, only brightness is theirs: R - G of the result is that of the interpolation."""
    lr = torch.rand(1, 3, 8, 8)
    for network in (Srcnn(SrcnnConfig(2)), Espcn(EspcnConfig(2))):
        sr = network(lr)
        enlarged = torch.nn.functional.interpolate(lr, scale_factor=2)  # any interpolation is linear in colour
        assert sr.shape == enlarged.shape
        gray = network(lr.mean(dim=1, keepdim=True).expand(-1, 3, -1, -1))
        assert (gray[:, 0] - gray[:, 1]).abs().max() < TOLERANCE
