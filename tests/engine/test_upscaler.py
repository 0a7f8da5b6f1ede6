"""Streamed, tiled, batched: the same picture as the whole at once."""

import dataclasses
import itertools
from collections.abc import Iterator
from logging import LogRecord
from logging.handlers import QueueHandler
from queue import SimpleQueue

import pytest
import torch
from networks import BlackBox, network_name, small_networks
from torch import Tensor

from upscale.engine.bands import LrSource, TensorSource, assemble
from upscale.engine.batching import SourceBatch
from upscale.engine.rowstream import stream_rows
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.errors import EnvironmentLackError, UpscaleError, UsageError
from upscale.models.network import Network
from upscale.models.srresnet import Srresnet, SrresnetConfig

# The bound; what is seen is rounding of float32 sums, below 1e-6.
TOLERANCE = 1e-5

FP32 = UpscaleOptions(device="cpu", dtype="fp32")
every_network = pytest.mark.parametrize("network", small_networks(), ids=network_name)


def enlarged(network: Network, pictures: list[Tensor], options: UpscaleOptions = FP32) -> list[Tensor]:
    upscaler = Upscaler(network, options)
    return list(assemble(upscaler.stream(TensorSource(picture) for picture in pictures), upscaler.scale))


def whole(network: Network, picture: Tensor) -> Tensor:
    with torch.no_grad():
        sr: Tensor = network(picture[None])[0]
    return sr


@every_network
@pytest.mark.parametrize("size", [(1, 1), (1, 13), (13, 1), (37, 29)])
def test_streamed_by_rows_equals_the_whole(network: Network, size: tuple[int, int]) -> None:
    picture = torch.rand(3, *size)
    (sr,) = enlarged(network, [picture])
    assert (sr - whole(network, picture)).abs().max() < TOLERANCE


@every_network
@torch.inference_mode()
def test_any_band_height_gives_the_same(network: Network) -> None:
    picture = torch.rand(3, 23, 9)
    batch = SourceBatch([TensorSource(picture)], torch.device("cpu"))
    stages = network.stages()
    assert stages is not None
    for band in (1, 2, 3, 5, 8, 22, 23, 100):
        tops, rows = zip(*stream_rows(stages, batch, band=band), strict=True)
        assert (torch.cat(rows, dim=2)[0] - whole(network, picture)).abs().max() < TOLERANCE
        assert list(tops) == [0, *itertools.accumulate(row.shape[2] for row in rows[:-1])]


@every_network
@pytest.mark.parametrize("size", [(1, 1), (5, 31), (37, 29)])
@pytest.mark.parametrize("tile", [0, 1, 8, 16])
def test_tiled_equals_the_whole(network: Network, size: tuple[int, int], tile: int) -> None:
    if tile == 1 and size == (37, 29):
        size = (9, 8)  # every pixel its own tile is slow
    picture = torch.rand(3, *size)
    (sr,) = enlarged(network, [picture], dataclasses.replace(FP32, tile=tile))
    assert (sr - whole(network, picture)).abs().max() < TOLERANCE


def test_less_overlap_than_the_radius_is_not_exact() -> None:
    """So the equality above is no accident of small influence."""
    network = small_networks()[0]
    picture = torch.rand(3, 40, 40)
    (sr,) = enlarged(network, [picture], dataclasses.replace(FP32, tile=10, overlap=2))
    assert (sr - whole(network, picture)).abs().max() > 100 * TOLERANCE


@every_network
def test_feathered_with_room_to_spare_is_exact_too(network: Network) -> None:
    """The fade uses half of the overlap, so twice the radius leaves the radius beyond it."""
    assert network.spec.radius is not None
    picture = torch.rand(3, 40, 33)
    options = dataclasses.replace(FP32, tile=12, overlap=2 * network.spec.radius, blend="feather")
    (sr,) = enlarged(network, [picture], options)
    assert (sr - whole(network, picture)).abs().max() < TOLERANCE


def test_feathering_softens_a_seam() -> None:
    """With too little overlap a step remains where tiles meet; fading spreads it."""
    network = small_networks()[3]
    picture = torch.rand(3, 12, 64)
    reference = whole(network, picture)
    errors = {}
    for blend in ("exact", "feather"):
        options = dataclasses.replace(FP32, tile=16, overlap=4, blend=blend)
        error = enlarged(network, [picture], options)[0] - reference
        errors[blend] = (error[:, :, 1:] - error[:, :, :-1]).abs().max()
    assert errors["feather"] < errors["exact"]


@pytest.mark.parametrize("radius_known", [True, False])
def test_black_box_runs_in_tiles(radius_known: bool) -> None:
    inner = small_networks()[0]
    picture = torch.rand(3, 50, 41)
    options = dataclasses.replace(FP32, tile=16)
    (sr,) = enlarged(BlackBox(inner, radius_known=radius_known), [picture], options)
    assert (sr - whole(inner, picture)).abs().max() < TOLERANCE  # its true radius is below the blind overlap


@pytest.mark.parametrize("options", [FP32, dataclasses.replace(FP32, tile=8), dataclasses.replace(FP32, batch=2)])
def test_a_batch_is_its_pictures_one_by_one_in_order(options: UpscaleOptions) -> None:
    network = small_networks()[2]
    sizes = [(9, 9), (9, 9), (9, 9), (12, 5), (9, 9), (9, 9)]
    pictures = [torch.rand(3, *size) for size in sizes]
    for picture, sr in zip(pictures, enlarged(network, pictures, options), strict=True):
        assert (sr - whole(network, picture)).abs().max() < TOLERANCE


def test_sources_are_pulled_one_batch_ahead_at_most() -> None:
    pulled = 0

    def sources() -> Iterator[LrSource]:
        nonlocal pulled
        while True:
            pulled += 1
            yield TensorSource(torch.rand(3, 8, 8))

    bands = Upscaler(small_networks()[0], dataclasses.replace(FP32, batch=3)).stream(sources())
    next(bands)
    assert pulled <= 4


@every_network
def test_bf16_differs_by_rounding_only(network: Network) -> None:
    picture = torch.rand(3, 24, 24)
    (sr,) = enlarged(network, [picture], UpscaleOptions(device="cpu", dtype="bf16"))
    reference = whole(network, picture)
    assert sr.dtype is torch.float32
    # bf16 keeps 8 bits: two decimal digits of the activations, relative to their spread.
    assert (sr - reference).abs().mean() < 0.02 * max(1.0, float(reference.std()))


def test_overflow_in_half_precision_goes_on_in_fp32(monkeypatch: pytest.MonkeyPatch) -> None:
    """fp16 ends at 65504; the features of this network do not."""
    logged = QueueHandler(queue := SimpleQueue[LogRecord]())
    monkeypatch.setattr("upscale.engine.upscaler.logger.handlers", [logged])
    network = small_networks()[4]
    assert isinstance(network, Srresnet)
    with torch.no_grad():
        network.head.weight.mul_(1e6)
        network.tail.weight.mul_(1e-6)
    pictures = [torch.rand(3, 20, 20), torch.rand(3, 30, 8)]
    for picture, sr in zip(
        pictures, enlarged(network, pictures, UpscaleOptions(device="cpu", dtype="fp16")), strict=True
    ):
        assert (sr - whole(network, picture)).abs().max() < TOLERANCE
    assert "overflowed" in queue.get_nowait().getMessage() and queue.empty()


def test_values_that_are_not_finite_are_no_picture() -> None:
    network = small_networks()[0]
    picture = torch.rand(3, 9, 9)
    picture[1, 4, 4] = float("nan")
    with pytest.raises(UpscaleError, match="not finite"):
        enlarged(network, [picture])


@torch.inference_mode()
def test_no_operator_is_given_more_rows_than_a_band_also_at_the_bottom() -> None:
    """The receptive field's rows are all let out at the end; at once they would be memory without bound."""
    network = Srresnet(SrresnetConfig(2, blocks=8, channels=8, norm="none"))
    batch = SourceBatch([TensorSource(torch.rand(3, 60, 9))], torch.device("cpu"))
    heights = [rows.shape[2] for _, rows in stream_rows(network.stages(), batch, band=4)]
    assert max(heights) <= 2 * (4 + 4)  # a band, and what the tail's own reach of 4 lets out


def test_fp16_runs_on_a_cpu() -> None:
    network = small_networks()[2]
    picture = torch.rand(3, 16, 16)
    (sr,) = enlarged(network, [picture], UpscaleOptions(device="cpu", dtype="fp16"))
    assert (sr - whole(network, picture)).abs().max() < 0.02


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        (UpscaleOptions(device="toaster"), UsageError, "unknown device toaster"),
        (UpscaleOptions(device="cuda:99"), EnvironmentLackError, "no device cuda:99"),
        (UpscaleOptions(dtype="fp8"), UsageError, "unknown dtype fp8"),
    ],
)
def test_impossible_options_are_named(options: UpscaleOptions, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        Upscaler(small_networks()[0], options)
