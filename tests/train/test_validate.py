"""Validation's figures against their definitions, and what it leaves as it was."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from networks import network_name, small_networks
from torch import Tensor
from upscale.train.validate import validate

from upscale.evaluate.measuring import measure
from upscale.evaluate.protocol import Protocol
from upscale.evaluate.scoring import quantised
from upscale.models.network import Network
from upscale.models.resample import Resample, ResampleConfig

CPU = torch.device("cpu")
NEAREST = Resample(ResampleConfig(2, "nearest"))


@dataclass(frozen=True)
class Pair:
    name: str
    lr: Tensor
    hr: Tensor


def pairs(scale: int, *sizes: tuple[int, int]) -> list[Pair]:
    torch.manual_seed(0)
    made = []
    for height, width in sizes:
        lr = torch.randint(0, 256, (3, height, width), dtype=torch.uint8)
        hr = torch.randint(0, 256, (3, height * scale, width * scale), dtype=torch.uint8)
        made.append(Pair(f"{height}.png", lr, hr))
    return made


def enlarged_by_two(lr: Tensor, shift: Sequence[int]) -> Tensor:
    levels = lr.repeat_interleave(2, 1).repeat_interleave(2, 2).int() + torch.tensor(shift)[:, None, None]
    return levels.to(torch.uint8)


@pytest.mark.parametrize("network", small_networks(), ids=network_name)
def test_scores_are_those_of_the_protocol(network: Network) -> None:
    held = pairs(network.spec.scale, (17, 23), (9, 40))
    protocol = Protocol(network.spec.scale, ("psnr",), "folder")
    expected = []
    with torch.no_grad():
        for pair in held:
            sr = quantised(network(pair.lr[None].float() / 255)[0])
            expected.append(measure(sr, pair.hr.permute(1, 2, 0).numpy(), protocol)["psnr"])
    found = validate(network, held, CPU, with_niqe=False)
    assert found.psnr_y == pytest.approx(np.mean(expected), abs=2e-3)
    assert [sample.psnr_y for sample in found.samples] == pytest.approx(expected, abs=2e-3)


def test_drift_is_what_was_added_to_the_originals() -> None:
    lr = torch.randint(20, 230, (3, 12, 15), dtype=torch.uint8)
    held = [Pair("a", lr, enlarged_by_two(lr, (5, -3, 0))), Pair("b", lr, enlarged_by_two(lr, (1, -1, 0)))]
    found = validate(NEAREST, held, CPU, with_niqe=False)
    assert found.drift == pytest.approx((-3, 2, 0), abs=1e-9)
    assert found.saturation != 1


def test_equal_pictures_are_as_strong_as_their_originals() -> None:
    lr = torch.randint(0, 256, (3, 12, 15), dtype=torch.uint8)
    found = validate(NEAREST, [Pair("a", lr, enlarged_by_two(lr, (0, 0, 0)))], CPU, with_niqe=False)
    assert found.psnr_y == float("inf")
    assert (found.drift, found.saturation, found.contrast) == ((0, 0, 0), 1, 1)


def test_gray_and_flat_results_are_weaker_than_their_originals() -> None:
    colourful = torch.zeros(3, 12, 16, dtype=torch.uint8)
    colourful[0, :, ::2], colourful[2, ::2] = 250, 200
    gray = colourful.float().mean(dim=0, keepdim=True).expand(3, -1, -1).to(torch.uint8)
    flat = torch.full_like(colourful, 100)
    hr = enlarged_by_two(colourful, (0, 0, 0))
    assert validate(NEAREST, [Pair("a", gray, hr)], CPU, with_niqe=False).saturation < 0.02
    assert validate(NEAREST, [Pair("a", flat, hr)], CPU, with_niqe=False).contrast < 0.1


def test_gray_originals_have_no_saturation_to_lose() -> None:
    lr = torch.full((3, 8, 8), 90, dtype=torch.uint8)
    found = validate(NEAREST, [Pair("a", lr, enlarged_by_two(lr, (0, 0, 0)))], CPU, with_niqe=False)
    assert found.saturation == 1 and found.contrast == 1


def test_niqe_is_that_of_the_large_pictures_and_the_small_are_counted() -> None:
    held = pairs(2, (110, 160), (30, 30))
    found = validate(NEAREST, held, CPU, with_niqe=True)
    sr = enlarged_by_two(held[0].lr, (0, 0, 0)).permute(1, 2, 0).numpy()
    expected = measure(sr, held[0].hr.permute(1, 2, 0).numpy(), Protocol(2, ("niqe",), "folder"))["niqe"]
    assert found.niqe == pytest.approx(expected, abs=1e-6) and found.too_small == 1
    assert validate(NEAREST, held[1:], CPU, with_niqe=True).niqe is None
    assert validate(NEAREST, held, CPU, with_niqe=False).niqe is None


def test_samples_are_the_first_four_as_files_would_hold_them() -> None:
    held = pairs(2, *((height, 12) for height in range(8, 14)))
    found = validate(NEAREST, held, CPU, with_niqe=False)
    assert [sample.name for sample in found.samples] == ["8.png", "9.png", "10.png", "11.png"]
    for sample, pair in zip(found.samples, held, strict=False):
        assert np.array_equal(sample.lr, pair.lr.permute(1, 2, 0).numpy())
        assert np.array_equal(sample.hr, pair.hr.permute(1, 2, 0).numpy())
        assert np.array_equal(sample.sr, enlarged_by_two(pair.lr, (0, 0, 0)).permute(1, 2, 0).numpy())


def test_a_network_in_training_is_validated_in_evaluation_mode_and_left_as_it_was() -> None:
    network = small_networks()[0]
    expected = validate(network, pairs(2, (16, 16)), CPU, with_niqe=False).psnr_y
    network.train()
    before = copy.deepcopy(network.state_dict())
    assert validate(network, pairs(2, (16, 16)), CPU, with_niqe=False).psnr_y == expected
    assert all(torch.equal(before[key], value) for key, value in network.state_dict().items())
    assert all(module.training for module in network.modules())
    assert all(parameter.grad is None for parameter in network.parameters())
