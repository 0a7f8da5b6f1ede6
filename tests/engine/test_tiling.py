"""The geometry of tiles, over many sizes."""

import itertools

import pytest
import torch

from upscale.engine.tiling import plan_spans, plan_tiles

GRID = list(itertools.product([1, 2, 17, 64, 100, 257], [1, 8, 16, 60], [0, 4, 40], [0, 3, 20]))


@pytest.mark.parametrize(("length", "tile", "overlap", "fade"), GRID)
def test_spans_cover_every_sample_once_in_total_weight(length: int, tile: int, overlap: int, fade: int) -> None:
    scale = 2
    total = torch.zeros(length * scale)
    for span in plan_spans(length, tile=tile, overlap=overlap, fade=fade):
        low, high = span.used
        total[low * scale : high * scale] += span.weights(scale)
    assert (total - 1).abs().max() < 1e-6


@pytest.mark.parametrize(("length", "tile", "overlap", "fade"), GRID)
def test_spans_see_the_overlap_beyond_what_they_answer_for(length: int, tile: int, overlap: int, fade: int) -> None:
    spans = plan_spans(length, tile=tile, overlap=overlap, fade=fade)
    assert len({span.stop - span.start for span in spans}) == 1
    for span in spans:
        assert 0 <= span.start <= span.used[0] and span.used[1] <= span.stop <= length
        assert span.first - span.start >= overlap or span.start == 0
        assert span.stop - span.end >= overlap or span.stop == length


def test_tiles_are_the_product_of_rows_and_columns() -> None:
    tiles = plan_tiles(50, 30, tile=16, overlap=2)
    rows, columns = plan_spans(50, tile=16, overlap=2), plan_spans(30, tile=16, overlap=2)
    assert [(tile.rows, tile.columns) for tile in tiles] == list(itertools.product(rows, columns))
