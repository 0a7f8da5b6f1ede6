"""Residual networks streamed in bands and windows, pictures under each other: the same as each picture at once."""

from collections.abc import Iterator

import pytest
import torch
from networks import network_name, small_networks, unsettle
from torch import Tensor

from upscale.engine.bands import LrSource, TensorSource, assemble
from upscale.engine.precision import prepare
from upscale.engine.trunk import Trunk, cut
from upscale.engine.trunkstream import BandSize, stream_trunk
from upscale.models.fuse import fuse
from upscale.models.network import Network
from upscale.models.srresnet import Srresnet, SrresnetConfig
from upscale.models.stages import Add, Conv, Shuffle

TOLERANCE = 1e-5
CPU = torch.device("cpu")


def trunk_of(network: Network, dtype: torch.dtype = torch.float32) -> Trunk:
    stages = network.stages()
    assert stages is not None
    trunk = cut(prepare(fuse(stages), CPU, dtype, exact_end=False))
    assert trunk is not None
    return trunk


def streamed(
    network: Network, pictures: list[Tensor], size: BandSize, dtype: torch.dtype = torch.float32
) -> list[Tensor]:
    with torch.inference_mode():
        bands = stream_trunk(trunk_of(network, dtype), map(TensorSource, pictures), size)
        return list(assemble(bands, network.spec.scale))


def whole(network: Network, picture: Tensor) -> Tensor:
    with torch.inference_mode():
        sr: Tensor = network(picture[None])[0]
    return sr


def residual_networks() -> list[Network]:
    """Every factor, BatchNorm or none, one slope or one for each channel."""
    configs = [
        SrresnetConfig(2, blocks=2, channels=8),
        SrresnetConfig(3, blocks=1, channels=8, prelu="channel"),
        SrresnetConfig(4, blocks=3, channels=8, norm="none", prelu="channel"),
        SrresnetConfig(8, blocks=1, channels=8),
    ]
    torch.manual_seed(2)
    networks: list[Network] = [Srresnet(config) for config in configs]
    for network in networks:
        unsettle(network)
    return [network.eval() for network in networks]


every_network = pytest.mark.parametrize("network", residual_networks(), ids=lambda n: f"x{n.spec.scale}")


@every_network
@pytest.mark.parametrize("rows", [1, 2, 5, 16, 100])
def test_any_height_of_the_bands_gives_the_whole(network: Network, rows: int) -> None:
    picture = torch.rand(3, 23, 17)
    (sr,) = streamed(network, [picture], BandSize(rows, 100))
    assert (sr - whole(network, picture)).abs().max() < TOLERANCE


@every_network
@pytest.mark.parametrize("columns", [1, 7, 12, 29, 60])
def test_any_width_of_the_windows_gives_the_whole(network: Network, columns: int) -> None:
    picture = torch.rand(3, 11, 61)
    (sr,) = streamed(network, [picture], BandSize(4, columns))
    assert (sr - whole(network, picture)).abs().max() < TOLERANCE


@every_network
@pytest.mark.parametrize("rows", [1, 6, 64])
def test_pictures_under_each_other_do_not_see_each_other(network: Network, rows: int) -> None:
    """White beside black: what a frame of zeros has to keep apart."""
    pictures = [torch.full((3, height, 14), float(index % 2)) for index, height in enumerate((5, 1, 30, 2, 9))]
    results = streamed(network, pictures, BandSize(rows, 8))
    assert len(results) == len(pictures)
    for picture, sr in zip(pictures, results, strict=True):
        assert (sr - whole(network, picture)).abs().max() < TOLERANCE


@every_network
def test_bf16_writes_pixels_finer_than_a_grey_level(network: Network) -> None:
    """With weights so small that the output is the tail's bias: only the last rounding is left."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(0.0 if parameter.dim() > 1 else 0.1)
    pictures = [torch.rand(3, 9, 30), torch.rand(3, 3, 30)]
    for picture, sr in zip(pictures, streamed(network, pictures, BandSize(4, 13), torch.bfloat16), strict=True):
        # The last layer's difference from the input, up to 1, is rounded to 8 bits; its mean error is far smaller.
        error = (sr - whole(network, picture)).abs()
        assert error.max() < 1.01 * 2**-8 and error.mean() < 2**-10


def test_only_residual_networks_are_cut() -> None:
    cuts = {network_name(network): cut(fuse(network.stages() or ())) is not None for network in small_networks()}
    assert all(worked == ("srresnet" in name) for name, worked in cuts.items() if "nearest" not in name), cuts
    assert any(cuts.values())


def test_a_block_of_one_convolution_is_not_summed_over_what_it_reads() -> None:
    conv, wide = Conv(torch.rand(8, 8, 3, 3), None), Conv(torch.rand(12, 8, 3, 3), None)
    block = Add((conv,))
    assert cut((Conv(torch.rand(8, 3, 9, 9), None), Add((block, conv)), wide, Shuffle(2))) is None
    block = Add((conv, conv))
    assert cut((Conv(torch.rand(8, 3, 9, 9), None), Add((block, conv)), wide, Shuffle(2))) is not None


def test_only_a_band_is_read_ahead() -> None:
    pulled: list[int] = []

    def sources() -> Iterator[LrSource]:
        for index in range(100):
            pulled.append(index)
            yield TensorSource(torch.rand(3, 10, 8))

    with torch.inference_mode():
        bands = stream_trunk(trunk_of(residual_networks()[0]), sources(), BandSize(30, 100))
        next(bands)
    assert len(pulled) <= 4
