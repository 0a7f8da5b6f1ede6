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
