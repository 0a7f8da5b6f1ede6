"""Noise as strong as asked for, measured."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from upscale.train.degrade.lowlight import Lowlight
from upscale.train.degrade.noise import GaussianNoise, PoissonNoise


def flat(level: int, side: int = 200) -> NDArray[np.uint8]:
    return np.full((side, side, 3), level, np.uint8)


@pytest.mark.parametrize("sigma", [2.0, 10.0, 25.0])
def test_gaussian_noise_has_its_deviation(sigma: float, rng: np.random.Generator) -> None:
    noisy = GaussianNoise(sigma, gray=False).apply(flat(128), rng).astype(float)
    assert noisy.mean() == pytest.approx(128, abs=0.3)
    # Rounding adds a twelfth.
    assert noisy.std() == pytest.approx(np.sqrt(sigma**2 + 1 / 12), rel=0.02)
    assert abs(np.corrcoef(noisy[..., 0].ravel(), noisy[..., 1].ravel())[0, 1]) < 0.02


@pytest.mark.parametrize("kind", [GaussianNoise, PoissonNoise])
def test_gray_noise_is_the_same_in_every_channel(
    kind: type[GaussianNoise] | type[PoissonNoise], rng: np.random.Generator
) -> None:
    noisy = kind(2.0, gray=True).apply(flat(128), rng)
    assert (noisy == noisy[..., :1]).all() and noisy.std() > 1


def test_poisson_variance_is_proportional_to_the_signal(rng: np.random.Generator) -> None:
    for strength in (1.0, 2.0):
        for level in (10, 40, 160):
            noisy = PoissonNoise(strength, gray=False).apply(flat(level), rng).astype(float)
            if strength * np.sqrt(level) * 4 < level:  # nothing clipped
                assert noisy.mean() == pytest.approx(level, rel=0.01)
                assert noisy.var() == pytest.approx(strength**2 * level, rel=0.05)
    assert (PoissonNoise(3.0, gray=False).apply(flat(0), rng) == 0).all()


@pytest.mark.parametrize("level", [1, 7, 60])
def test_poisson_counts_are_distributed_as_scipys(level: int, rng: np.random.Generator) -> None:
    counted = np.bincount(PoissonNoise(1.0, gray=False).apply(flat(level, 300), rng).ravel(), minlength=256)
    expected = stats.poisson.pmf(np.arange(256), level)
    assert counted / counted.sum() == pytest.approx(expected, abs=0.003)


def test_lowlight_darkens_by_its_curve_and_adds_its_noise(rng: np.random.Generator) -> None:
    step = Lowlight(gamma=2.0, dim=0.9, shot=0.004, read=0.01)
    dark = step.apply(flat(200), rng).astype(float) / 255
    light = 0.9 * (200 / 255) ** 2
    assert dark.mean() == pytest.approx(light, abs=0.001)
    assert dark.var() == pytest.approx(0.004 * light + 0.0001, rel=0.05)
    assert (np.diff(step.curve()) >= 0).all() and step.curve()[0] == 0
