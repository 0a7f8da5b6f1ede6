"""Scores by protocol, and the benchmark figures that prove the whole chain."""

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from upscale.errors import UsageError
from upscale.evaluate.luma import crop_border, crop_to_multiple
from upscale.evaluate.pairs import find_pairs
from upscale.evaluate.pictures import read_rgb
from upscale.evaluate.protocol import METRICS, Failure, Protocol, Row, Run, measure, parse_metrics
from upscale.evaluate.psnr import psnr
from upscale.imresize import imresize

PSNR_X4 = Protocol(4, ("psnr",), "matlab-bicubic")


def test_protocol_says_all_that_a_figure_depends_on() -> None:
    protocol = Protocol(3, METRICS, "folder")
    assert str(protocol) == (
        "Y-BT601, crop=3, uint8-round, gray=as-rgb, ssim=gauss11 valid, niqe=LIVE model, Y rounded, lr=folder"
    )
    assert "ssim" not in str(PSNR_X4)


def test_metrics_are_parsed_in_the_order_of_the_columns() -> None:
    assert parse_metrics("niqe, PSNR") == ("psnr", "niqe")
    with pytest.raises(UsageError, match="'lpips'.*psnr, ssim, niqe"):
        parse_metrics("psnr,lpips")


def test_measure_ignores_the_border_and_only_that() -> None:
    hr = np.full((40, 50, 3), 100, np.uint8)
    wrong_border = hr.copy()
    wrong_border[:4], wrong_border[-4:], wrong_border[:, :4], wrong_border[:, -4:] = 0, 9, 200, 255
    assert measure(wrong_border, hr, PSNR_X4)["psnr"] == math.inf
    wrong_border[4, 4] = 0
    assert measure(wrong_border, hr, PSNR_X4)["psnr"] < math.inf


def test_gray_counts_as_rgb_so_its_errors_are_those_of_studio_range() -> None:
    hr = np.full((20, 20, 3), 100, np.uint8)
    expected = 20 * math.log10(255 / (5 * 219 / 255))
    assert measure(hr + 5, hr, PSNR_X4)["psnr"] == pytest.approx(expected, abs=1e-9)


def test_means_are_of_decibels_and_leave_failures_out() -> None:
    rows = (Row("a", {"psnr": 20.0}), Row("b", {"psnr": 40.0}))
    assert Run("m", PSNR_X4, rows, (Failure("c", "broken"),)).means() == {"psnr": 30.0}
    assert Run("m", PSNR_X4, (), (Failure("c", "broken"),)).means() == {}


def _bicubic(folder: Path, scale: int) -> list[tuple[str, NDArray[np.uint8], NDArray[np.uint8]]]:
    """Name, bicubic enlargement and original of each picture, MATLAB's way: uint8 in, uint8 out."""
    found = []
    for pair in find_pairs(folder / "HR", None, scale):
        hr = crop_to_multiple(read_rgb(pair.hr), scale)
        found.append((pair.hr.stem, imresize(imresize(hr, 1 / scale), scale), hr))
    return found


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "scale", "expected"),
    [
        ("Set5", 2, 33.67),
        ("Set5", 4, 28.43),
        ("Set14", 2, 30.33),
        ("Set14", 4, 26.09),
        pytest.param("BSD100", 2, 29.56, marks=pytest.mark.slow),
        ("BSD100", 4, 25.96),
    ],
)
def test_published_bicubic_psnr(data_folder: Path, name: str, scale: int, expected: float) -> None:
    protocol = Protocol(scale, ("psnr",), "matlab-bicubic")
    scores = [measure(sr, hr, protocol)["psnr"] for _, sr, hr in _bicubic(data_folder / "test" / name, scale)]
    assert np.mean(scores) == pytest.approx(expected, abs=0.01)


@pytest.mark.data
@pytest.mark.parametrize(("scale", "expected"), [(2, 30.23), (4, 25.99)])
def test_older_set14_figures_take_the_gray_picture_raw(data_folder: Path, scale: int, expected: float) -> None:
    protocol = Protocol(scale, ("psnr",), "matlab-bicubic")
    scores = []
    for name, sr, hr in _bicubic(data_folder / "test/Set14", scale):
        raw = (crop_border(pixels[..., 0].astype(np.float64), scale) for pixels in (sr, hr))
        scores.append(psnr(*raw) if name == "bridge" else measure(sr, hr, protocol)["psnr"])
    assert np.mean(scores) == pytest.approx(expected, abs=0.01)


@pytest.mark.data
def test_published_bicubic_ssim(data_folder: Path) -> None:
    protocol = Protocol(4, ("ssim",), "matlab-bicubic")
    scores = [measure(sr, hr, protocol)["ssim"] for _, sr, hr in _bicubic(data_folder / "test/Set5", 4)]
    assert np.mean(scores) == pytest.approx(0.8113, abs=0.0005)
