"""The perception-distortion plane: every place is drawn where it belongs, the curve from one to the next."""

import math

import numpy as np
import pytest
from plot_marks import middles

from upscale.plot.plane import draw_plane
from upscale.plot.series import PALETTE

POINTS = [("srcnn", 26.7, 7.3), ("espcn", 26.9, 6.6), ("srgan", 25.7, 4.9)]
CURVE = [("", 27.1, 7.2), ("50% srgan", 26.5, 6.0), ("", 25.7, 4.9)]


def test_a_place_each_better_to_the_lower_right() -> None:
    found = middles(draw_plane(POINTS), PALETTE[1])
    assert len(found) == 3  # from left to right: srgan, srcnn, espcn
    assert found[0, 1] > found[2, 1] > found[1, 1]
    steps = found[1, 0] - found[0, 0], found[2, 0] - found[1, 0]
    assert steps[0] / steps[1] == pytest.approx(1.0 / 0.2, rel=0.05)


def test_the_curve_joins_its_places_in_their_order() -> None:
    pixels = draw_plane([], CURVE)
    assert len(middles(pixels, PALETTE[0])) == 1  # one stroke
    turned = draw_plane([], [CURVE[1], CURVE[0], CURVE[2]])
    assert not np.array_equal(pixels, turned)


def test_what_has_no_place_is_left_out() -> None:
    endless = [*POINTS, ("original", math.inf, 3.0)]
    assert len(middles(draw_plane(endless), PALETTE[1])) == 3
    assert draw_plane([]).ndim == 3
