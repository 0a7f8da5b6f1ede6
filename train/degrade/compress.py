"""Files that lose something: JPEG and WebP."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from upscale.train.degrade.steps import Pixels, choose

Subsampling = Literal["4:2:0", "4:4:4"]

GRID_PX = 16  # of a macroblock; JPEG's 8 divides it
_QUALITIES = (30, 95)  # Real-ESRGAN's jpeg_range
_SAMPLING: dict[Subsampling, int] = {
    "4:2:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    "4:4:4": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
}
_SUBSAMPLINGS: dict[Subsampling, float] = {"4:2:0": 0.8, "4:4:4": 0.2}  # most programs' default is 4:2:0


@dataclass(frozen=True)
class Jpeg:
    """Through a JPEG file; as many rows and columns of the first block lie before the picture."""

    quality: int
    subsampling: Subsampling
    grid_top_px: int
    grid_left_px: int

    def apply(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        """As it comes back from the file."""
        options = [
            cv2.IMWRITE_JPEG_QUALITY,
            self.quality,
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
            _SAMPLING[self.subsampling],
        ]
        return _through(".jpg", pixels, options, self.grid_top_px, self.grid_left_px)


@dataclass(frozen=True)
class Webp:
    """Through lossy WebP, which is a frame of VP8."""

    quality: int
    grid_top_px: int
    grid_left_px: int

    def apply(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        """As it comes back from the file."""
        options = [cv2.IMWRITE_WEBP_QUALITY, self.quality]
        return _through(".webp", pixels, options, self.grid_top_px, self.grid_left_px)


def draw_jpeg(rng: np.random.Generator) -> Jpeg:
    """Of quality 30 to 95."""
    return Jpeg(_draw_quality(rng), choose(rng, _SUBSAMPLINGS), *draw_grid(rng))


def draw_webp(rng: np.random.Generator) -> Webp:
    """Of quality 30 to 95."""
    return Webp(_draw_quality(rng), *draw_grid(rng))


def draw_grid(rng: np.random.Generator) -> tuple[int, int]:
    """Rows and columns of a block that lie before the picture: a crop of a larger file seldom starts with a whole one.

    With a fixed grid a network would learn where the seams of its training crops lie.
    """
    return int(rng.integers(GRID_PX)), int(rng.integers(GRID_PX))


def _draw_quality(rng: np.random.Generator) -> int:
    return int(rng.integers(_QUALITIES[0], _QUALITIES[1] + 1))


def _through(suffix: str, pixels: Pixels, options: list[int], top_px: int, left_px: int) -> Pixels:
    padded = cv2.copyMakeBorder(pixels, top_px, 0, left_px, 0, cv2.BORDER_REPLICATE)
    _, content = cv2.imencode(suffix, cv2.cvtColor(padded, cv2.COLOR_RGB2BGR), options)
    decoded = np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR), np.uint8)
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)[top_px:, left_px:]
