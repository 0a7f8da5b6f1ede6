"""The chains: what happens to a picture between the scene and the file, in this order."""

from dataclasses import dataclass

import numpy as np
from upscale.train.degrade.blur import draw_blur, draw_gaussian, draw_last_sinc
from upscale.train.degrade.camera import draw_camera_noise
from upscale.train.degrade.compress import draw_jpeg, draw_webp
from upscale.train.degrade.noise import draw_gaussian_noise, draw_poisson_noise
from upscale.train.degrade.resize import Bicubic, Direction, draw_last_resize, draw_resize
from upscale.train.degrade.steps import Extent, Range, Step, choose, happens
from upscale.train.degrade.video import draw_video


@dataclass(frozen=True)
class Chain:
    """The steps before the light becomes numbers, as it does, and after it."""

    optics: list[Step]
    sensor: list[Step]
    storage: list[Step]


@dataclass(frozen=True)
class Stage:
    """The ranges of one of the two orders of `real`: blur, resize, and noise."""

    sigmas_px: Range
    directions: dict[Direction, float]
    factors: Range
    noise_sigmas: Range
    noise_strengths: Range


# Real-ESRGAN's published options (train_realesrgan_x4plus.yml), second order.
_FIRST = Stage((0.2, 3), {"up": 0.2, "down": 0.7, "keep": 0.1}, (0.15, 1.5), (1, 30), (0.05, 3))
_SECOND = Stage((0.2, 1.5), {"up": 0.3, "down": 0.4, "keep": 0.3}, (0.3, 1.2), (1, 25), (0.05, 2.5))
_SECOND_BLUR = 0.8
_LAST_SINC = 0.8
_CAMERA = 0.25  # BSRGAN's share of its camera model; a picture goes through a camera but once


def bicubic(extent: Extent, rng: np.random.Generator) -> Chain:
    """MATLAB's bicubic, which the published test sets were made by."""
    return Chain([Bicubic(extent.scale)], [], [])


def classic(extent: Extent, rng: np.random.Generator) -> Chain:
    """The textbook's: blur, a smaller size, noise, JPEG (Real-ESRGAN, eq. 1).

    Blur as wide as the scale as in SRMD (Zhang et al. 2018), noise and quality as in BSRGAN (Zhang et al. 2021). One
    sample in five has no noise, one in five no file, so that neither is expected everywhere.
    """
    return Chain(
        [draw_gaussian((0.2, min(4, extent.scale)), rng), draw_last_resize(extent, rng)],
        [draw_gaussian_noise((2, 25), rng)] if happens(rng, 0.8) else [],
        [draw_jpeg(rng)] if happens(rng, 0.8) else [],
    )


def real(extent: Extent, rng: np.random.Generator) -> Chain:
    """All of it twice, as of a picture that was taken, shared and shared again (Real-ESRGAN, section 3.2).

    New here are the noise of cameras, WebP and video.
    """
    return Chain(
        [draw_blur(_FIRST.sigmas_px, rng), draw_resize(extent.high, _FIRST.directions, _FIRST.factors, rng)],
        [draw_camera_noise(rng) if happens(rng, _CAMERA) else _draw_noise(_FIRST, rng)],
        [
            draw_jpeg(rng),
            *([draw_blur(_SECOND.sigmas_px, rng)] if happens(rng, _SECOND_BLUR) else []),
            draw_resize(extent.low, _SECOND.directions, _SECOND.factors, rng),
            _draw_noise(_SECOND, rng),
            *_draw_ending(extent, rng),
        ],
    )


def _draw_ending(extent: Extent, rng: np.random.Generator) -> list[Step]:
    """The last size, with ringing mostly, then the last file; or the file first (Real-ESRGAN, section 3.3)."""
    resized: list[Step] = [draw_last_resize(extent, rng), *([draw_last_sinc(rng)] if happens(rng, _LAST_SINC) else [])]
    stored = _draw_file(rng)
    return [*resized, stored] if happens(rng, 0.5) else [stored, *resized]


def _draw_noise(stage: Stage, rng: np.random.Generator) -> Step:
    if happens(rng, 0.5):
        return draw_gaussian_noise(stage.noise_sigmas, rng)
    return draw_poisson_noise(stage.noise_strengths, rng)


def _draw_file(rng: np.random.Generator) -> Step:
    """JPEG mostly; the other two take ten times as long and are rarer in the world."""
    match choose(rng, {"jpeg": 0.8, "webp": 0.1, "video": 0.1}):
        case "webp":
            return draw_webp(rng)
        case "video":
            return draw_video(rng)
        case _:
            return draw_jpeg(rng)
