"""Nothing moves: low resolutions that are shifted against their originals are the classical bug of such data."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from textures import texture
from upscale.train.degrade.blur import draw_blur
from upscale.train.degrade.camera import CameraNoise
from upscale.train.degrade.compress import Jpeg, Webp
from upscale.train.degrade.grammar import parse_degradation
from upscale.train.degrade.motion import draw_motion_blur
from upscale.train.degrade.plan import degrade
from upscale.train.degrade.resize import Bicubic, Mode, Resize
from upscale.train.degrade.steps import Step
from upscale.train.degrade.video import Video

from upscale.imresize import imresize

HEIGHT, WIDTH = 60, 72
MODES: tuple[Mode, ...] = ("area", "bilinear", "bicubic")


def bump() -> NDArray[np.uint8]:
    """A smooth hill, of another height in each channel, off the middle."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    hill = np.exp(-((y - 27.3) ** 2 + (x - 38.6) ** 2) / (2 * 6.0**2))
    return np.clip(np.rint(hill[..., None] * (220, 150, 90) + 20), 0, 255).astype(np.uint8)


def centre(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Where each channel's light is, as shares of height and width. Shape: (2, 3)."""
    light = np.maximum(pixels.astype(float) - 30, 0)
    y = (np.arange(pixels.shape[0]) + 0.5) / pixels.shape[0]
    x = (np.arange(pixels.shape[1]) + 0.5) / pixels.shape[1]
    total = light.sum(axis=(0, 1))
    return np.stack([(light * y[:, None, None]).sum(axis=(0, 1)), (light * x[:, None]).sum(axis=(0, 1))]) / total


STEPS: dict[str, Callable[[np.random.Generator], Step]] = {
    "blur": lambda rng: draw_blur((0.2, 3), rng),
    "motion": draw_motion_blur,
    "camera": lambda rng: CameraNoise(0, 0, 1.2, 2.0, 1.7),
    "jpeg": lambda rng: Jpeg(70, "4:2:0", *rng.integers(16, size=2).tolist()),
    "webp": lambda rng: Webp(70, *rng.integers(16, size=2).tolist()),
    "h264": lambda rng: Video("h264", 22, 3, 2, -3, *rng.integers(16, size=2).tolist()),
    "mpeg4": lambda rng: Video("mpeg4", 3, 2, -1, 2, *rng.integers(16, size=2).tolist()),
    "bicubic": lambda rng: Bicubic(4),
} | {mode: lambda rng, mode=mode: Resize(HEIGHT, WIDTH, float(rng.uniform(0.2, 1.5)), mode) for mode in MODES}


@pytest.mark.parametrize("name", STEPS)
def test_no_step_moves_a_hill(name: str, rng: np.random.Generator) -> None:
    moved = np.array([centre(STEPS[name](rng).apply(bump(), rng)) - centre(bump()) for _ in range(20)])
    pixels = moved * np.array([HEIGHT, WIDTH])[:, None]
    assert np.abs(pixels.mean(axis=0)).max() < 0.05


@pytest.mark.parametrize("scale", [2, 4])
@pytest.mark.parametrize("text", ["classic", "real", "rain=1+haze=1"])
def test_low_resolutions_lie_on_their_originals(text: str, scale: int) -> None:
    """The shift against the exact bicubic, by phase correlation, is below a tenth of a low-resolution pixel.

    The median of many: single ones are as far off as noise and blur hide the picture.
    """
    degradation, shifts = parse_degradation(text), []
    window = cv2.createHanningWindow((40, 40), cv2.CV_64F)
    for seed in range(40):
        original = texture(40 * scale, 40 * scale, seed)
        made = degrade(original, scale, degradation, np.random.default_rng(seed))
        one, other = (
            cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(float) for picture in (imresize(original, 1 / scale), made)
        )
        shift, certainty = cv2.phaseCorrelate(one, other, window)
        if certainty > 0.2:  # below that noise has hidden the picture
            shifts.append(shift)
    assert len(shifts) > 20
    assert np.abs(np.median(shifts, axis=0)).max() < 0.1
