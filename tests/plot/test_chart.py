"""Charts: marks lie where their numbers say, names cover nothing, any numbers can be drawn."""

import io
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from plot_marks import middles

from upscale.plot.chart import Heading, as_png, draw_chart
from upscale.plot.lettering import Ink
from upscale.plot.naming import Box, leader, place_names
from upscale.plot.panel import draw_panel
from upscale.plot.series import PALETTE, Panel, Series

ANY = st.floats(allow_nan=True, allow_infinity=True)


@pytest.mark.parametrize("log", [False, True])
def test_points_lie_in_proportion(log: bool) -> None:
    y = [1.0, 10.0, 100.0] if log else [0.0, 0.5, 1.0]
    panel = Panel("", (Series("", [0, 50, 100], y, "points"),), log_y=log, y_range=(y[0], y[-1]))
    found = middles(draw_panel(panel, 240, 400), PALETTE[0])
    assert len(found) == 3
    assert found[1] == pytest.approx((found[0] + found[2]) / 2, abs=0.7)
    assert found[2, 0] - found[0, 0] > 250 and found[0, 1] - found[2, 1] > 150


def test_a_line_runs_between_its_points_and_stops_at_gaps() -> None:
    x = list(range(101))
    whole = draw_panel(Panel("", (Series("", x, [0.5] * 101),), y_range=(0, 1)), 200, 400)
    parted = draw_panel(
        Panel("", (Series("", x, [0.5] * 40 + [math.nan] * 20 + [0.5] * 41),), y_range=(0, 1)), 200, 400
    )
    drawn = [(np.abs(pixels.astype(int) - PALETTE[0]).max(axis=2) < 60).any(axis=0) for pixels in (whole, parted)]
    ends = np.flatnonzero(drawn[0])
    assert drawn[0][ends[0] : ends[-1]].all()
    share = drawn[1][ends[0] : ends[-1]].mean()
    assert 0.75 < share < 0.82


def test_a_logarithmic_axis_across_spaces_by_ratios() -> None:
    panel = Panel("", (Series("", [0.01, 0.1, 10.0, 100.0], [1, 1, 1, 1], "points"),), log_x=True, y_range=(0, 2))
    found = middles(draw_panel(panel, 240, 400), PALETTE[0])
    steps = np.diff(found[:, 0])
    assert steps == pytest.approx([steps[0], 2 * steps[0], steps[0]], abs=1.5)


def test_equal_axes_keep_a_circle_round() -> None:
    angles = np.linspace(0, 2 * math.pi, 400)
    panel = Panel("", (Series("", list(3 * np.cos(angles)), list(3 * np.sin(angles))),), equal=True)
    pixels = draw_panel(panel, 300, 500)
    y, x = np.nonzero(np.abs(pixels.astype(int) - PALETTE[0]).max(axis=2) < 60)
    assert abs((x.max() - x.min()) - (y.max() - y.min())) <= 1


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(ANY, ANY), max_size=30), st.booleans(), st.sampled_from(["line", "points", "both"]))
def test_any_numbers_can_be_drawn(points: list[tuple[float, float]], log: bool, mark: str) -> None:
    x, y = [point[0] for point in points], [point[1] for point in points]
    names = tuple(map(str, range(len(points))))
    series = (Series("a", x, y, mark, names), Series("b", y, x, mark))  # type: ignore[arg-type]
    for panel in (Panel("t", series, "x", "y", log_y=log), Panel("t", series, equal=True, snug_x=False)):
        assert draw_panel(panel, 120, 160).shape == (120, 160, 3)


def test_names_cover_neither_each_other_nor_the_points() -> None:
    generator = np.random.default_rng(0)
    frame = Box(0, 0, 600, 400)
    for _ in range(20):
        points = [(float(x), float(y)) for x, y in generator.uniform((60, 40), (540, 360), (12, 2))]
        dots = [Box(x - 4, y - 4, x + 4, y + 4) for x, y in points]
        boxes = place_names([f"SRGAN-{index}" for index in range(12)], points, dots, frame, Ink(12))
        covered = [one.shared(two) for index, one in enumerate(boxes) for two in [*boxes[:index], *dots]]
        assert sum(area > 20 for area in covered) <= 1
        assert all(box.outside(frame) == 0 for box in boxes)


def test_in_a_crowd_a_name_stands_further_away_with_a_line_to_its_point() -> None:
    frame, ink, point = Box(0, 0, 300, 200), Ink(12), (150.0, 100.0)
    crowd = Box(130, 80, 170, 120)
    (near,) = place_names(["srresnet"], [point], [], frame, ink)
    (far,) = place_names(["srresnet"], [point], [crowd], frame, ink)
    assert leader(near, point) is None
    end = leader(far, point)
    assert end is not None and far.left <= end[0] <= far.right and far.top <= end[1] <= far.bottom
    assert far.shared(crowd) < near.shared(crowd)


def test_names_of_points_at_the_edge_stay_inside() -> None:
    series = Series("", [0, 1], [0, 1], "points", ("a rather long name", "another long name"))
    wide = draw_panel(Panel("", (series,), snug_x=False), 240, 400)
    assert (wide[:, :2] == 255).all() and (wide[:, -2:] == 255).all()


def test_a_page_of_panels_is_a_png_that_others_read() -> None:
    panels = [Panel(f"panel {index}", (Series("", [0, 1], [0, 1]),)) for index in range(3)]
    page = draw_chart(panels, Heading("Größe_漢字", "and more", "a note " * 60), panel_px=(120, 200))
    with Image.open(io.BytesIO(as_png(page))) as image:
        assert image.mode == "RGB" and np.array_equal(np.asarray(image), page)
    assert (page[:8] == 255).all() and (page < 255).any()


def test_a_page_without_panels_is_its_heading() -> None:
    assert draw_chart([], Heading("nothing"), panel_px=(120, 200)).ndim == 3


def test_drawing_is_repeatable_and_leaves_its_values() -> None:
    x, y = [1.0, 2.0, 3.0], [4.0, math.nan, 6.0]
    panel = Panel("t", (Series("a", x, y),))
    assert np.array_equal(draw_panel(panel, 200, 300), draw_panel(panel, 200, 300))
    assert x == [1.0, 2.0, 3.0] and y[0] == 4.0
