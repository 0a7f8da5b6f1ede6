"""The camera: nothing changes without noise, and noise is that of a sensor."""

import numpy as np
import pytest
from numpy.typing import NDArray
from upscale.train.degrade.camera import CameraNoise, draw_camera_noise


def developed(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gamma 2.2, then the tone curve, from the paper."""
    tones = np.clip(light, 0, 1) ** (1 / 2.2)
    return 255 * (3 * tones**2 - 2 * tones**3)


@pytest.mark.parametrize("colour", [(0, 0, 0), (10, 20, 15), (128, 128, 128), (200, 60, 90), (255, 255, 255)])
def test_a_flat_colour_comes_back_without_noise(colour: tuple[int, int, int], rng: np.random.Generator) -> None:
    pixels = np.full((9, 7, 3), colour, np.uint8)
    assert np.abs(CameraNoise(0, 0, 1.2, 2, 1.7).apply(pixels, rng).astype(int) - pixels).max() <= 1


def test_without_noise_a_picture_loses_only_what_the_mosaic_takes(
    photo: NDArray[np.uint8], rng: np.random.Generator
) -> None:
    error = CameraNoise(0, 0, 1.2, 2, 1.7).apply(photo, rng).astype(float) - photo
    assert 0.5 < np.sqrt((error**2).mean()) < 20
    assert np.abs(error.mean(axis=(0, 1))).max() < 1.5


def test_noise_of_gray_is_that_of_the_model(rng: np.random.Generator) -> None:
    """Green where the mosaic has it, by the curve's slope; red and blue are darker at the sensor, so noisier after."""
    shot, brightness = 1e-3, 1.25
    pixels = np.full((300, 300, 3), 128, np.uint8)
    noisy = CameraNoise(shot, 0, brightness, 2.0, 1.7).apply(pixels, rng).astype(float)
    light = np.linspace(0, 1, 100001)
    gray = light[np.argmin(np.abs(developed(light) - 128))]
    slope = (developed(np.array(gray + 1e-4)) - developed(np.array(gray - 1e-4))) / 2e-4
    deviations = noisy.std(axis=(0, 1))
    assert noisy.mean(axis=(0, 1)) == pytest.approx(128, abs=1.5)
    # The colour matrix mixes channels and the mosaic's gaps are means of two and four: within a factor of two.
    one = slope * np.sqrt(gray * shot * brightness)
    assert 0.5 * one < deviations[1] < 2 * one
    assert deviations[0] > deviations[1] and deviations[2] > deviations[1]
    stronger = CameraNoise(4 * shot, 0, brightness, 2.0, 1.7).apply(pixels, rng).astype(float)
    assert stronger.std(axis=(0, 1)) / deviations == pytest.approx(2, rel=0.1)


def test_levels_of_noise_are_the_papers(rng: np.random.Generator) -> None:
    drawn = [draw_camera_noise(rng) for _ in range(500)]
    shots, reads = np.array([noise.shot for noise in drawn]), np.array([noise.read for noise in drawn])
    assert 1e-4 <= shots.min() < 1.3e-4 and 9e-3 < shots.max() <= 0.012
    slope, offset = np.polyfit(np.log(shots), np.log(reads), 1)
    assert slope == pytest.approx(2.18, abs=0.05) and offset == pytest.approx(1.2, abs=0.3)
