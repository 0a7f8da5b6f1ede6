"""Too little light: dark tones, and the noise of a sensor whose gain is up."""

from dataclasses import dataclass

import numpy as np
from upscale.train.degrade.steps import Pixels, to_pixels, uniform


@dataclass(frozen=True)
class Lowlight:
    """Tones v become `dim` v^`gamma`; then noise of the variance `shot` v + `read`^2, both of a full scale of 1."""

    gamma: float
    dim: float
    shot: float
    read: float

    def apply(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        """Darker, with noise."""
        light = self.curve()[pixels]
        deviation = np.sqrt(np.float32(self.shot) * light + np.float32(self.read) ** 2)
        return to_pixels(255 * (light + rng.standard_normal(light.shape, np.float32) * deviation))

    def curve(self) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        """What becomes of each level, 0..1. Shape: (256,)."""
        return (self.dim * (np.arange(256) / 255) ** self.gamma).astype(np.float32)


def draw_lowlight(rng: np.random.Generator) -> Lowlight:
    """After MBLLEN's synthetic pictures (Lv et al. 2018): a gamma, and Poisson noise of 200 photons at full scale.

    That is the most noise here; the gamma is milder than their 2 to 3.5, which leave 8 bits of a dark crop empty.
    """
    return Lowlight(
        uniform(rng, (1.3, 2.5)), uniform(rng, (0.5, 1)), uniform(rng, (5e-4, 5e-3)), uniform(rng, (0, 0.01))
    )
