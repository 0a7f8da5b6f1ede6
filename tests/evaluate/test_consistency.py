"""Reduced again, an enlarged picture should be the low resolution."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from upscale.evaluate.consistency import drift, lr_psnr, reduced
from upscale.evaluate.measuring import measure
from upscale.evaluate.protocol import Protocol
from upscale.imresize import imresize

PROTOCOL = Protocol(4, ("lr_psnr", "drift"), "folder")


@pytest.fixture
def hr() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(60, 190, (48, 64, 3), np.uint8)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_original_itself_is_exactly_consistent(hr: NDArray[np.uint8], scale: int) -> None:
    hr = hr[: 48 // scale * scale, : 64 // scale * scale]
    protocol = Protocol(scale, ("lr_psnr", "drift"), "matlab-bicubic")
    assert measure(hr, hr, protocol) == {"lr_psnr": math.inf, "drift": 0.0}
    assert measure(hr, hr, protocol, lr=imresize(hr, 1 / scale)) == {"lr_psnr": math.inf, "drift": 0.0}


def test_a_picture_ten_levels_too_bright_has_drifted_by_ten(hr: NDArray[np.uint8]) -> None:
    scores = measure(hr + 10, hr, PROTOCOL)
    assert scores["drift"] == pytest.approx(10, abs=1e-9)
    assert scores["lr_psnr"] == pytest.approx(20 * math.log10(25.5), abs=1e-9)


def test_drift_is_that_of_the_worst_channel_in_either_direction(hr: NDArray[np.uint8]) -> None:
    shifted = (hr.astype(np.int64) + np.array([3, -7, 0])).astype(np.uint8)
    assert drift(reduced(shifted, 4), reduced(hr, 4)) == pytest.approx(7, abs=1e-9)


def test_detail_that_reduction_removes_costs_nothing_and_blur_does_not_drift(hr: NDArray[np.uint8]) -> None:
    lr = imresize(hr, 0.25)
    enlarged = imresize(lr, 4)
    scores = measure(enlarged, hr, PROTOCOL, lr=lr)
    assert scores["drift"] < 0.3
    assert 20 < scores["lr_psnr"] < lr_psnr(reduced(hr, 4), lr)


def test_the_whole_picture_counts_not_the_inside_alone(hr: NDArray[np.uint8]) -> None:
    wrong = hr.copy()
    wrong[:4] = 0
    assert measure(wrong, hr, PROTOCOL)["drift"] > 1
