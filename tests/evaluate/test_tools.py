"""What is missing has a reason that names the way out, and never a number."""

from pathlib import Path

import numpy as np
import pytest
import torch

from upscale.evaluate.measuring import measure
from upscale.evaluate.protocol import METRICS, Protocol
from upscale.evaluate.tools import find_tools

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def empty_torch_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))


def test_only_what_was_asked_for_is_missed() -> None:
    assert find_tools(("psnr", "ssim", "niqe", "lr_psnr", "drift"), CPU).unavailable == {}
    assert list(find_tools(METRICS, CPU).unavailable) == ["lpips", "ma", "pi"]


def test_reasons_name_the_file_and_its_place(tmp_path: Path) -> None:
    reasons = find_tools(METRICS, CPU).unavailable
    assert "alexnet-owt-7be5be79.pth" in reasons["lpips"]
    assert str(tmp_path / "hub" / "checkpoints") in reasons["lpips"]
    assert "model.mat" in reasons["ma"]
    assert "(NIQE + 10 - Ma) / 2" in reasons["pi"]


def test_unavailable_metrics_have_no_score() -> None:
    pixels = np.full((64, 64, 3), 99, np.uint8)
    assert measure(pixels, pixels, Protocol(4, ("lpips", "ma", "pi"), "folder")) == {}


def test_planes_are_compared_where_float64_exists() -> None:
    assert find_tools(("psnr",), torch.device("mps")).planes_on == CPU
    assert find_tools(("psnr",), torch.device("cuda", 1)).planes_on == torch.device("cuda", 1)


@pytest.mark.gpu
def test_scores_on_a_gpu_are_those_of_the_cpu(cuda: torch.device) -> None:
    sr, hr = np.random.default_rng(0).integers(0, 256, (2, 80, 90, 3), np.uint8)
    protocol = Protocol(2, ("psnr", "ssim"), "folder", "rgb", ssim_exponents=(1, 0.5, 0.3))
    on_gpu = measure(sr, hr, protocol, tools=find_tools(protocol.metrics, cuda))
    assert on_gpu == pytest.approx(measure(sr, hr, protocol), abs=1e-9)
