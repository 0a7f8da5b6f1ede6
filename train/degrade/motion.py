"""Motion blur: a camera that shakes or pans while its shutter is open.

The way of the light is a walk that keeps its direction by and large, wanders, and now and then turns sharply, as
Boracchi and Foi draw it ("Modeling the performance of image restoration from motion blur", 2012; DeblurGAN took it on).
"""

from dataclasses import dataclass

import numpy as np
from upscale.train.degrade.blur import filtered
from upscale.train.degrade.kernels import Kernel, path_kernel
from upscale.train.degrade.steps import Pixels, happens, uniform

REACH_PX = 12  # of a kernel; half the margin that the ingredient asks for
_POINTS = 96  # on a way of at most 24 pixels: no gaps
_LINEAR_SHARE = 0.3
_TURNS = 0.02  # the probability of a sharp turn at a point


@dataclass(frozen=True)
class MotionBlur:
    """A way of `length_px` from end to end; `wander` in radians a point, 0 for a straight one."""

    length_px: float
    angle: float
    wander: float

    def apply(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        """Blurred along a way that is drawn here."""
        return filtered(pixels, self.kernel(rng))

    def kernel(self, rng: np.random.Generator) -> Kernel:
        """Shape: (2 * REACH_PX + 1, 2 * REACH_PX + 1)."""
        turns = rng.normal(0, self.wander, _POINTS)
        if self.wander:
            turns += rng.uniform(-np.pi, np.pi, _POINTS) * (rng.random(_POINTS) < _TURNS)
        angles = self.angle + np.cumsum(turns)
        way = np.cumsum(np.stack([np.sin(angles), np.cos(angles)], axis=1), axis=0)
        extent = np.ptp(way, axis=0).max()
        return path_kernel(way * (self.length_px / extent), 2 * REACH_PX + 1)


def draw_motion_blur(rng: np.random.Generator) -> MotionBlur:
    """A pan or a shake, of 4 to 20 high-resolution pixels."""
    wander = 0.0 if happens(rng, _LINEAR_SHARE) else uniform(rng, (0.05, 0.4))
    return MotionBlur(uniform(rng, (4, 20)), uniform(rng, (-np.pi, np.pi)), wander)
