"""`degrade`: a low resolution of a crop, as `--degrade` describes it."""

import numpy as np
from upscale.train.degrade.chains import bicubic, classic, real
from upscale.train.degrade.grammar import Degradation, Ingredient
from upscale.train.degrade.haze import draw_haze
from upscale.train.degrade.lowlight import draw_lowlight
from upscale.train.degrade.motion import draw_motion_blur
from upscale.train.degrade.rain import draw_rain
from upscale.train.degrade.steps import Extent, Pixels, Step, apply_all, happens

# In the order in which light meets them.
_SCENE: tuple[Ingredient, ...] = ("haze", "rain", "motion")
# With noise of its own, in place of the chain's first.
_SENSOR: tuple[Ingredient, ...] = ("lowlight",)


def degrade(hr: Pixels, scale: int, degradation: Degradation, rng: np.random.Generator) -> Pixels:
    """The low resolution; the generator's state decides it. Shape: (H, W, 3) -> (H / scale, W / scale, 3).

    Give `degradation.margin_px` more on each side than is used, and cut them off the result. ValueError where H or W is
    no multiple of the scale.
    """
    return apply_all(plan(extent_of(hr, scale), degradation, rng), hr, rng)


def plan(extent: Extent, degradation: Degradation, rng: np.random.Generator) -> list[Step]:
    """The steps of one sample; `degrade` draws them, then applies them, with one generator."""
    chain = {"bicubic": bicubic, "classic": classic, "real": real}[degradation.base](extent, rng)
    shares = dict(degradation.ingredients)
    wanted = {name for name, share in shares.items() if happens(rng, share)}
    scene = [_draw_ingredient(name, extent, rng) for name in _SCENE if name in wanted]
    sensor = [_draw_ingredient(name, extent, rng) for name in _SENSOR if name in wanted]
    return [*scene, *chain.optics, *(sensor or chain.sensor), *chain.storage]


def extent_of(hr: Pixels, scale: int) -> Extent:
    """The size of a crop, checked."""
    height, width = hr.shape[:2]
    if hr.dtype != np.uint8 or hr.ndim != 3 or hr.shape[2] != 3:
        raise ValueError(f"expected 8-bit RGB pixels (H, W, 3), not {hr.dtype} {hr.shape}")
    if not height or not width or height % scale or width % scale:
        raise ValueError(f"{width} x {height} pixels are no multiple of the scale {scale}")
    return Extent(height, width, scale)


def _draw_ingredient(name: Ingredient, extent: Extent, rng: np.random.Generator) -> Step:
    match name:
        case "haze":
            return draw_haze(rng)
        case "rain":
            return draw_rain(extent, rng)
        case "lowlight":
            return draw_lowlight(rng)
        case "motion":
            return draw_motion_blur(rng)
