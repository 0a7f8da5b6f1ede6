"""Blur kernels against closed forms and scipy."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import special
from upscale.train.degrade.blur import Blur, draw_blur
from upscale.train.degrade.kernels import bessel_j1, distance, gaussian, path_kernel, plateau, sinc, trimmed
from upscale.train.degrade.motion import MotionBlur, draw_motion_blur


def moments(kernel: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centre of mass from the middle, and covariance, both as (x, y)."""
    reach = kernel.shape[0] // 2
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    places = np.stack([x.ravel(), y.ravel()])
    mean = places @ kernel.ravel()
    return mean, (places * kernel.ravel()) @ places.T - np.outer(mean, mean)


def test_every_drawn_kernel_sums_to_one_and_lies_in_its_middle(rng: np.random.Generator) -> None:
    kernels = [
        trimmed(step.kernel()) for step in (draw_blur((0.2, 3), rng) for _ in range(60)) if isinstance(step, Blur)
    ]
    kernels += [draw_motion_blur(rng).kernel(rng) for _ in range(40)]
    kernels += [sinc(size, cutoff) for size in (7, 13, 21) for cutoff in (0.7, 2.0, np.pi)]
    for kernel in kernels:
        assert kernel.sum() == pytest.approx(1, abs=1e-5)
        assert np.abs(moments(kernel)[0]).max() < 1e-4


@pytest.mark.parametrize("angle", [0.0, 0.4, -1.2, 2.5])
def test_gaussian_has_the_variances_asked_for(angle: float) -> None:
    _, covariance = moments(gaussian(distance(31, 3.0, 1.2, angle)))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    assert covariance == pytest.approx(turn @ np.diag([9.0, 1.44]) @ turn.T, abs=0.02)


def test_isotropic_kernels_have_the_squares_symmetries() -> None:
    squared = distance(15, 2.0, 2.0, 0.0)
    for kernel in (gaussian(squared), gaussian(squared, 0.6), plateau(squared, 1.5), sinc(15, 1.3)):
        assert (
            np.allclose(kernel, kernel.T) and np.allclose(kernel, kernel[::-1]) and np.allclose(kernel, kernel[:, ::-1])
        )


def test_beta_makes_a_peak_or_a_flat_top() -> None:
    squared = distance(21, 2.0, 2.0, 0.0)
    pointed, plain, flat = (gaussian(squared, beta) for beta in (0.5, 1.0, 4.0))
    assert plain == pytest.approx(np.exp(-squared / 2) / np.exp(-squared / 2).sum(), abs=1e-7)
    assert pointed[0, 10] > plain[0, 10] > flat[0, 10]
    assert flat[10, 11] / flat[10, 10] > plain[10, 11] / plain[10, 10] > pointed[10, 11] / pointed[10, 10]
    assert plateau(squared, 1.0)[10, 12] / plateau(squared, 1.0)[10, 10] == pytest.approx(0.5)


def test_bessels_integral_agrees_with_scipy() -> None:
    x = np.linspace(-60, 60, 2001)
    assert bessel_j1(x) == pytest.approx(special.j1(x), abs=1e-12)


@pytest.mark.parametrize(("size", "cutoff"), [(7, 1.1), (21, 0.7), (21, np.pi)])
def test_sinc_is_the_low_pass_of_a_disc(size: int, cutoff: float) -> None:
    offsets = np.arange(size) - size // 2
    radius = np.hypot(offsets[:, None], offsets[None, :])
    radius[size // 2, size // 2] = 1e-9
    expected = cutoff / (2 * np.pi * radius) * special.j1(cutoff * radius)
    assert sinc(size, cutoff) == pytest.approx(expected / expected.sum(), abs=1e-7)


def test_sinc_passes_low_and_stops_high_frequencies() -> None:
    response = np.abs(np.fft.fft2(sinc(21, 1.5), (64, 64)))
    radius = np.hypot(*np.meshgrid(2 * np.pi * np.fft.fftfreq(64), 2 * np.pi * np.fft.fftfreq(64)))
    assert response[radius < 1.0].min() > 0.8
    assert response[(radius > 2.2) & (radius < np.pi)].max() < 0.15


def test_trimming_takes_almost_nothing() -> None:
    kernel = gaussian(distance(21, 1.0, 1.0, 0.0))
    small = trimmed(kernel)
    reach = small.shape[0] // 2
    assert small.shape[0] < 11
    assert np.abs(kernel[10 - reach : 11 + reach, 10 - reach : 11 + reach] - small).sum() < 0.005


@pytest.mark.parametrize("angle", [0.0, 0.7, 2.0])
def test_a_pan_is_a_line_of_its_length_and_angle(angle: float, rng: np.random.Generator) -> None:
    kernel = MotionBlur(18.0 * max(abs(np.cos(angle)), abs(np.sin(angle))), angle, 0.0).kernel(rng)
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    _, covariance = moments(kernel)
    # A uniform line of length L has the variance L^2 / 12; sharing among pixels adds up to a quarter.
    assert along @ covariance @ along == pytest.approx(18**2 / 12, rel=0.05)
    assert across @ covariance @ across < 0.26


def test_a_way_out_of_the_square_ends_at_its_edge() -> None:
    kernel = path_kernel(np.array([[0.0, -50.0], [0.0, 50.0]]), 9)
    assert kernel[4, 0] == pytest.approx(0.5) and kernel[4, 8] == pytest.approx(0.5)
