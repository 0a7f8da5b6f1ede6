from pathlib import Path

import numpy as np

from upscale.engine.scaling import plan_sizes
from upscale.engine.sizes import SizeWish
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.images.encoding import Encoding
from upscale.images.enlarging import Enlarger
from upscale.images.footprint import encoder_bytes, held_bytes
from upscale.images.picture import Picture

PIXELS = np.zeros((10, 20, 3), np.uint8)
ALPHA = np.arange(200, dtype=np.uint8).reshape(10, 20, 1)


def enlarger(scale: float, *, tta: bool = False) -> Enlarger:
    plan = plan_sizes("nearest", SizeWish(scale), tta=tta)
    return Enlarger(Upscaler(plan.network, UpscaleOptions(device="cpu", dtype="fp32")), plan)


def test_streamed_results_hold_their_alpha_alone() -> None:
    by = enlarger(4)
    assert held_bytes(Picture(PIXELS), by) == 0
    assert held_bytes(Picture(PIXELS, np.full_like(ALPHA, 255)), by) == 0
    assert held_bytes(Picture(PIXELS, ALPHA), by) == 40 * 80


def test_what_is_resized_streams_too() -> None:
    assert held_bytes(Picture(PIXELS), enlarger(2.5)) == held_bytes(Picture(PIXELS), enlarger(0.5)) == 0


def test_the_first_of_two_passes_is_whole_in_float() -> None:
    assert held_bytes(Picture(PIXELS), enlarger(6)) == 12 * 30 * 60  # x3 twice, then down


def test_an_average_is_whole_in_float() -> None:
    assert held_bytes(Picture(PIXELS), enlarger(2, tta=True)) == 12 * 20 * 40


def test_webp_takes_the_picture_whole() -> None:
    opaque, transparent = Picture(PIXELS), Picture(PIXELS, ALPHA)
    assert encoder_bytes(opaque, (40, 80), Path("a.png"), Encoding(lossless=True)) == 0
    lossy = encoder_bytes(opaque, (40, 80), Path("a.webp"), Encoding())
    assert 40 * 80 * 3 < lossy < encoder_bytes(opaque, (40, 80), Path("a.webp"), Encoding(lossless=True))
    assert lossy < encoder_bytes(transparent, (40, 80), Path("a.webp"), Encoding())
