"""Pictures stream through network and metrics, in order, whatever fails on the way."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from upscale.engine.bands import TensorSource
from upscale.engine.enlarge import enlarge
from upscale.engine.scaling import plan_scale
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.errors import UpscaleError
from upscale.evaluate.lpips import Lpips
from upscale.evaluate.measuring import measure
from upscale.evaluate.pairs import Pair, find_pairs
from upscale.evaluate.protocol import Failure, Protocol, Row
from upscale.evaluate.scoring import quantised, read_pair, score_pairs
from upscale.evaluate.tools import Tools

PROTOCOL = Protocol(2, ("psnr", "ssim", "lr_psnr"), "matlab-bicubic")
SIZES = ((40, 44), (40, 44), (32, 44), (50, 36), (50, 36), (10, 60))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of six pictures the last is too small for SSIM; broken ones stand first, in the middle and last."""
    for index, (height, width) in enumerate(SIZES):
        pixels = np.random.default_rng(index).integers(0, 256, (height, width, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{index}.png")
    for name in ("!.png", "1a.png", "1b.png", "z.png"):
        (tmp_path / name).write_text("no picture")
    return tmp_path


@pytest.fixture
def upscaler() -> Upscaler:
    return Upscaler(plan_scale("espcn", 2).network, UpscaleOptions(device="cpu", dtype="fp32"))


def test_each_picture_has_its_row_or_its_failure_in_order(folder: Path, upscaler: Upscaler) -> None:
    results = list(score_pairs(upscaler, plan_scale("espcn", 2), find_pairs(folder, None, 2), PROTOCOL))
    assert [result.picture for result in results] == sorted(path.name for path in folder.iterdir())
    failed = {result.picture: result.reason for result in results if isinstance(result, Failure)}
    assert list(failed) == ["!.png", "1a.png", "1b.png", "5.png", "z.png"]
    assert "11 x 11" in failed["5.png"]


def test_scores_do_not_depend_on_what_goes_through_the_network_beside(folder: Path, upscaler: Upscaler) -> None:
    plan = plan_scale("espcn", 2)
    pairs = [pair for pair in find_pairs(folder, None, 2) if pair.hr.stem in "01234" and pair.hr.stem]
    for pair, row in zip(pairs, score_pairs(upscaler, plan, pairs, PROTOCOL), strict=True):
        lr, hr = read_pair(pair, 2)
        source = TensorSource(torch.from_numpy(lr).permute(2, 0, 1).float() / 255)
        ((_, sr),) = enlarge(upscaler, plan, [source])
        assert row == Row(pair.hr.name, measure(quantised(sr), hr, PROTOCOL, lr=lr))


def test_nothing_but_failures_ends_as_well(folder: Path, upscaler: Upscaler) -> None:
    pairs = [Pair(folder / "!.png", None), Pair(folder / "gone.png", None)]
    results = list(score_pairs(upscaler, plan_scale("espcn", 2), pairs, PROTOCOL))
    assert [type(result) for result in results] == [Failure, Failure]


def test_whoever_stops_early_leaves_no_thread_behind_and_little_is_read_ahead(folder: Path, upscaler: Upscaler) -> None:
    before, pulled = threading.active_count(), []

    def pairs() -> Iterator[Pair]:
        for index in range(1000):
            pulled.append(index)
            yield Pair(folder / "2.png", None)

    results = score_pairs(upscaler, plan_scale("espcn", 2), pairs(), PROTOCOL)
    assert isinstance(next(iter(results)), Row)
    results.close()
    assert threading.active_count() == before
    assert len(pulled) < 200


class _Greedy(nn.Module):
    """Allocates more than any machine has for pictures 50 pixels high."""

    def forward(self, sr: torch.Tensor, hr: torch.Tensor) -> torch.Tensor:
        return torch.empty(2**56 if sr.shape[2] == 50 else 1).zero_().sum()


def test_a_picture_that_memory_does_not_suffice_for_fails_alone(folder: Path, upscaler: Upscaler) -> None:
    pairs = [Pair(folder / f"{index}.png", None) for index in (2, 3, 0)]
    tools = Tools(Lpips(_Greedy(), upscaler.device))
    protocol = Protocol(2, ("psnr", "lpips"), "matlab-bicubic")
    results = list(score_pairs(upscaler, plan_scale("espcn", 2), pairs, protocol, tools))
    assert [type(result) for result in results] == [Row, Failure, Row]
    assert isinstance(results[1], Failure) and "not enough memory on cpu for LPIPS of 36 x 50" in results[1].reason


def test_planes_that_memory_does_not_suffice_for_are_named() -> None:
    endless = np.broadcast_to(np.uint8(0), (2**28, 2**28, 3))
    with pytest.raises(UpscaleError, match="not enough memory on cpu for the scores of 268435456 x 268435456 pixels"):
        measure(endless, endless, PROTOCOL)
