"""PSNR against its closed form."""

import math
import subprocess
import sys

import numpy as np
import pytest

from upscale.errors import BadInputError
from upscale.evaluate.psnr import psnr


@pytest.mark.parametrize("offset", [0.5, 1.0, 20.0, 255.0])
def test_psnr_of_a_constant_offset(offset: float) -> None:
    plane = np.zeros((9, 7))
    assert psnr(plane + offset, plane) == pytest.approx(20 * math.log10(255 / offset), abs=1e-12)


def test_psnr_of_one_wrong_pixel_in_a_hundred() -> None:
    wrong = np.zeros((10, 10))
    wrong[3, 4] = 10
    assert psnr(wrong, np.zeros((10, 10))) == pytest.approx(20 * math.log10(255), abs=1e-12)


def test_psnr_of_equal_planes_is_infinite() -> None:
    assert psnr(np.ones((3, 3)), np.ones((3, 3))) == math.inf


def test_psnr_of_nothing_is_refused() -> None:
    with pytest.raises(BadInputError, match="at least one pixel"):
        psnr(np.zeros((0, 4)), np.zeros((0, 4)))


def test_psnr_of_several_planes_is_that_of_their_common_error() -> None:
    planes = np.zeros((3, 8, 8))
    wrong = planes + np.array([3.0, 0.0, 6.0]).reshape(3, 1, 1)
    assert psnr(wrong, planes) == pytest.approx(10 * math.log10(255**2 / 15), abs=1e-12)


def test_plain_arrays_are_measured_without_loading_torch() -> None:
    loaded = (
        "import sys; import upscale.evaluate.psnr, upscale.evaluate.ssim, upscale.evaluate.luma; print(*sys.modules)"
    )
    names = subprocess.run([sys.executable, "-c", loaded], check=True, capture_output=True, text=True).stdout.split()
    assert "upscale.evaluate.ssim" in names
    assert "torch" not in names
