"""SSIM against the paper's sums, written out pixel by pixel."""

import math

import numpy as np
import pytest
import torch
from kornia.metrics import ssim as kornia_ssim
from numpy.typing import NDArray

from upscale.errors import BadInputError
from upscale.evaluate.ssim import PLAIN, Exponents, ssim


def _planes(height: int, width: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    generator = np.random.default_rng(3)
    hr = generator.uniform(16, 235, (height, width))
    return hr + generator.normal(0, 12, hr.shape), hr


def _terms(sr: NDArray[np.float64], hr: NDArray[np.float64]) -> list[tuple[float, float, float]]:
    """Luminance, contrast and structure at each place."""
    weight = {(dy, dx): math.exp(-(dy * dy + dx * dx) / (2 * 1.5**2)) for dy in range(-5, 6) for dx in range(-5, 6)}
    total = sum(weight.values())
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    found = []
    for y in range(5, hr.shape[0] - 5):
        for x in range(5, hr.shape[1] - 5):
            window = [(w / total, sr[y + dy, x + dx], hr[y + dy, x + dx]) for (dy, dx), w in weight.items()]
            mean_a = sum(w * a for w, a, _ in window)
            mean_b = sum(w * b for w, _, b in window)
            dev_a = math.sqrt(sum(w * (a - mean_a) ** 2 for w, a, _ in window))
            dev_b = math.sqrt(sum(w * (b - mean_b) ** 2 for w, _, b in window))
            cov = sum(w * (a - mean_a) * (b - mean_b) for w, a, b in window)
            luminance = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
            contrast = (2 * dev_a * dev_b + c2) / (dev_a**2 + dev_b**2 + c2)
            found.append((float(luminance), contrast, float((cov + c2 / 2) / (dev_a * dev_b + c2 / 2))))
    return found


def _brute_force(sr: NDArray[np.float64], hr: NDArray[np.float64], exponents: Exponents = PLAIN) -> float:
    a, b, c = exponents
    terms = _terms(sr, hr)
    signed = c != int(c)
    powers = [math.copysign(abs(s) ** c, s) if signed else s**c for *_, s in terms]
    return sum(lum**a * con**b * power for (lum, con, _), power in zip(terms, powers, strict=True)) / len(terms)


@pytest.mark.parametrize("size", [(11, 11), (15, 20)])
def test_ssim_equals_the_sums_of_the_paper(size: tuple[int, int]) -> None:
    sr, hr = _planes(*size)
    assert ssim(sr, hr) == pytest.approx(_brute_force(sr, hr), abs=1e-9)


def test_ssim_of_equal_planes_is_one() -> None:
    _, hr = _planes(20, 24)
    assert ssim(hr, hr) == pytest.approx(1, abs=1e-12)


def test_ssim_does_not_depend_on_the_order() -> None:
    sr, hr = _planes(20, 24)
    assert ssim(sr, hr) == pytest.approx(ssim(hr, sr), abs=1e-12)


def test_ssim_of_constants_is_the_brightness_term() -> None:
    c1 = (0.01 * 255) ** 2
    expected = (2 * 100 * 120 + c1) / (100**2 + 120**2 + c1)
    assert ssim(np.full((12, 12), 100.0), np.full((12, 12), 120.0)) == pytest.approx(expected, abs=1e-9)


def test_ssim_below_the_window_is_refused() -> None:
    with pytest.raises(BadInputError, match="11 x 11"):
        ssim(np.zeros((10, 40)), np.zeros((10, 40)))


EXPONENTS = [(1.0, 1.0, 1.0), (0.0, 1.0, 1.0), (2.0, 0.5, 1.0), (1.0, 1.0, 2.0), (1.0, 1.0, 0.3), (0.2, 0.0, 0.0)]


@pytest.mark.parametrize("exponents", EXPONENTS)
def test_exponents_are_those_of_equation_12(exponents: Exponents) -> None:
    sr, hr = _planes(13, 14)
    assert ssim(sr, hr, exponents) == pytest.approx(_brute_force(sr, hr, exponents), abs=1e-9)


@pytest.mark.parametrize("exponents", EXPONENTS)
def test_negative_structure_keeps_its_sign_where_its_power_does_not_exist(exponents: Exponents) -> None:
    _, hr = _planes(13, 14)
    inverted = 251 - hr
    score = ssim(inverted, hr, exponents)
    assert score == pytest.approx(_brute_force(inverted, hr, exponents), abs=1e-9)
    assert (score < 0) == (exponents[2] in (1.0, 0.3))


def test_split_terms_meet_the_closed_form_at_exponents_of_one() -> None:
    sr, hr = _planes(40, 50)
    nearly_one = (1.0, 1.0, 1.0 + 1e-13)
    assert ssim(sr, hr, nearly_one) == pytest.approx(ssim(sr, hr), abs=1e-10)


def test_flat_places_have_no_contrast_below_zero() -> None:
    flat = np.full((30, 30), 200.1)  # whose variance rounds to less than nothing
    assert ssim(flat, flat, (1, 0.5, 0.5)) == pytest.approx(1, abs=1e-9)


def test_ssim_equals_that_of_another_library() -> None:
    sr, hr = _planes(40, 56)
    tensors = [torch.from_numpy(plane)[None, None] for plane in (sr, hr)]
    theirs = kornia_ssim(*tensors, 11, max_val=255.0, padding="valid").mean()
    assert ssim(sr, hr) == pytest.approx(float(theirs), abs=1e-4)


def test_ssim_of_several_planes_is_their_mean() -> None:
    pairs = [_planes(20, 24), (_planes(20, 24)[1] + 20, _planes(20, 24)[1]), (np.ones((20, 24)), np.ones((20, 24)))]
    sr, hr = (np.stack([pair[side] for pair in pairs]) for side in (0, 1))
    assert ssim(sr, hr) == pytest.approx(np.mean([ssim(*pair) for pair in pairs]), abs=1e-12)
