"""Haze and rain: the formulas of their papers."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from upscale.train.degrade.haze import Haze, draw_haze, scattered, smooth_depth
from upscale.train.degrade.rain import Drops, Streaks, draw_rain
from upscale.train.degrade.steps import Extent


def test_haze_is_koschmieders_law(photo: NDArray[np.uint8]) -> None:
    transmission = np.linspace(0, 1, 96 * 120, dtype=np.float32).reshape(96, 120)
    airlight = np.float32([200, 210, 220])
    hazy = scattered(photo, transmission, airlight)
    for row, column in ((0, 0), (40, 17), (95, 119)):
        share = float(transmission[row, column])
        expected = photo[row, column] * share + airlight * (1 - share)
        assert hazy[row, column] == pytest.approx(expected, abs=1e-3)
    assert hazy[0, 0] == pytest.approx(airlight) and hazy[-1, -1] == pytest.approx(photo[-1, -1])


def test_flat_depth_gives_the_transmission_of_beers_law(photo: NDArray[np.uint8], rng: np.random.Generator) -> None:
    hazy = Haze(1.5, 0.8, 0.8, 0.9, 0.9, 0.9).apply(photo, rng)
    share = np.exp(-1.5 * 0.8)
    assert np.abs(hazy - (photo * share + 0.9 * 255 * (1 - share))).max() <= 0.51


def test_depth_is_smooth_and_from_0_to_1(rng: np.random.Generator) -> None:
    for _ in range(20):
        depth = smooth_depth(90, 150, rng)
        assert depth.shape == (90, 150) and depth.min() == 0 and depth.max() == 1
        assert np.abs(np.diff(depth, axis=0)).max() < 0.06 and np.abs(np.diff(depth, axis=1)).max() < 0.06


def test_drawn_haze_takes_contrast_and_leaves_some(photo: NDArray[np.uint8], rng: np.random.Generator) -> None:
    for _ in range(20):
        ratio = draw_haze(rng).apply(photo, rng).std() / photo.std()
        assert 0.05 < ratio < 1


def test_streaks_add_light_along_their_angle(rng: np.random.Generator) -> None:
    night = np.full((200, 200, 3), 40, np.uint8)
    rainy = Streaks(60, 30.0, 2.0, 0.3, 0.8).apply(night, rng)
    assert (rainy >= night).all() and 0.02 < (rainy > night + 8).mean() < 0.9
    light = rainy[..., 0].astype(float)
    down, right = cv2.Sobel(light, -1, 0, 1), cv2.Sobel(light, -1, 1, 0)
    # The structure tensor's weak direction is that of the streaks: (sin, cos) of 0.3 in (x, y).
    tensor = np.array([[(right**2).sum(), (right * down).sum()], [(right * down).sum(), (down**2).sum()]])
    x, y = np.linalg.eigh(tensor)[1][:, 0]
    assert np.arctan(x / y) == pytest.approx(0.3, abs=0.1)


def test_drops_change_the_picture_only_where_they_are(photo: NDArray[np.uint8], rng: np.random.Generator) -> None:
    wet = Drops(2, 8.0, 0.9).apply(photo, rng)
    changed = (wet != photo).any(axis=2).mean()
    assert 0.005 < changed <= 2 * np.pi * 9.6 * 8 / (96 * 120)


def test_rain_is_as_dense_at_every_scale(rng: np.random.Generator) -> None:
    for scale in (2, 4):
        extent = Extent(64 * scale, 64 * scale, scale)
        counts = [rain.count for rain in (draw_rain(extent, rng) for _ in range(300)) if isinstance(rain, Streaks)]
        assert np.mean(counts) == pytest.approx(64 * 64 * 0.0175, rel=0.15)
