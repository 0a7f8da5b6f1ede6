"""Which panels a table gives."""

import numpy as np
from upscale.train.watch.curves import curve_panels
from upscale.train.watch.reports import Row

from upscale.plot.chart import draw_chart


def rows(**columns: float) -> list[Row]:
    return [{"step": 500.0 * step, **columns} for step in range(1, 9)]


def test_only_what_is_in_the_table_is_drawn() -> None:
    titles = [panel.title for panel in curve_panels(rows(psnr_y=25.0, l1=0.1, learning_rate=1e-4, seconds=0.1))]
    assert titles == ["PSNR on Y, dB", "losses, before their weights", "learning rate", "seconds a step"]


def test_probabilities_and_scores_of_critics_are_parted() -> None:
    panels = {panel.title: panel for panel in curve_panels(rows(**{"D(real)": 0.7, "right": 0.9, "C(real)": 4.0}))}
    said = panels["what the discriminator says"]
    assert said.y_range == (0, 1) and [line.label for line in said.series] == ["originals are real", "told right"]
    assert [line.label for line in panels["the critic's score"].series] == ["originals"]


def test_far_apart_losses_share_a_logarithm_but_negative_ones_cannot() -> None:
    def losses(**values: float) -> bool:
        (panel,) = curve_panels(rows(**values))
        return panel.log_y

    assert losses(l1=0.01, gan=3.0)
    assert not losses(l1=0.01, gan=-3.0)
    assert not losses(l1=0.01, mse=0.02)


def test_a_table_of_any_kind_is_drawn() -> None:
    nothing: list[list[Row]] = [[], rows(), rows(psnr_y=float("inf")), rows(l1=float("nan"))]
    for table in nothing:
        page = draw_chart(curve_panels(table), panel_px=(120, 200))
        assert page.dtype == np.uint8
