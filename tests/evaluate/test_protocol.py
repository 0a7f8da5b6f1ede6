"""Scores by protocol, and the benchmark figures that prove the whole chain."""

import math
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from upscale.errors import UsageError
from upscale.evaluate.luma import crop_border, crop_to_multiple
from upscale.evaluate.measuring import measure
from upscale.evaluate.pairs import find_pairs
from upscale.evaluate.pictures import read_rgb
from upscale.evaluate.protocol import (
    Failure,
    Protocol,
    Row,
    Run,
    SsimForm,
    parse_exponents,
    parse_metrics,
)
from upscale.evaluate.psnr import psnr
from upscale.imresize import imresize

PSNR_X4 = Protocol(4, ("psnr",), "matlab-bicubic")


def test_protocol_says_all_that_a_figure_depends_on() -> None:
    protocol = Protocol(3, ("psnr", "ssim", "niqe"), "folder")
    assert str(protocol) == (
        "Y-BT601, crop=3, uint8-round, gray=as-rgb, ssim=gauss11 valid, niqe=LIVE model, Y rounded, lr=folder"
    )
    assert "ssim" not in str(PSNR_X4)


def test_protocol_names_what_departs_from_the_usual() -> None:
    rgb = Protocol(4, ("ssim", "lpips", "drift"), "matlab-bicubic", "rgb", ssim_exponents=(1, 0.5, 2))
    assert str(rgb) == (
        "RGB, crop=4, uint8-round, gray=as-rgb, ssim=gauss11 valid mean of channels exponents 1,0.5,2,"
        " lpips=alex v0.1 RGB uncropped, drift=RGB uncropped, matlab-bicubic, lr=matlab-bicubic"
    )
    assert "ssim=daala, Y rounded" in str(Protocol(4, ("ssim",), "folder", ssim="daala"))


@pytest.mark.parametrize(
    ("form", "channels", "exponents"),
    [
        ("daala", "rgb", (1, 1, 1)),
        ("daala", "y", (1, 1, 2)),
        ("gauss11", "y", (1, -1, 1)),
        ("gauss11", "y", (math.nan, 1, 1)),
        ("gauss11", "y", (1, 1, math.inf)),
    ],
)
def test_impossible_protocols_are_refused(
    form: SsimForm, channels: Literal["y", "rgb"], exponents: tuple[float, float, float]
) -> None:
    with pytest.raises(UsageError, match="SSIM"):
        Protocol(4, ("ssim",), "folder", channels, form, exponents)


@pytest.mark.parametrize("words", ["1", "1,1", "1,1,1,1", "a,b,c", "", "1,,1"])
def test_exponents_are_three_numbers(words: str) -> None:
    assert parse_exponents("1, .5,0") == (1.0, 0.5, 0.0)
    with pytest.raises(UsageError, match="three numbers"):
        parse_exponents(words)


def test_metrics_are_parsed_in_the_order_of_the_columns() -> None:
    assert parse_metrics("niqe, PSNR") == ("psnr", "niqe")
    assert parse_metrics("drift,LR-PSNR,lpips") == ("lpips", "lr_psnr", "drift")
    with pytest.raises(UsageError, match="'lpip'.*psnr, ssim, niqe.*did you mean lpips"):
        parse_metrics("psnr,lpip")


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


def test_what_is_unavailable_has_no_mean() -> None:
    protocol = Protocol(4, ("psnr", "ma"), "folder")
    assert Run("m", protocol, (Row("a", {"psnr": 20.0}), Row("b", {"psnr": 22.0})), ()).means() == {"psnr": 21.0}


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
