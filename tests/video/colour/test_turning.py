from itertools import product

import pytest
import torch

from upscale.video.colour.turning import Turn, turn_of

ONE = 1 << 16
TURNS = [Turn(*flags) for flags in product([False, True], repeat=3)]


def matrix_of(turn: Turn) -> tuple[int, ...]:
    """The display matrix that asks for a turn, by the rule of ISO/IEC 14496-12: (p, q) -> (a p + c q, b p + d q)."""
    down, across = (-ONE if flip else ONE for flip in (turn.flip_rows, turn.flip_columns))
    corner = (0, 0, 0, 1 << 30)
    return (0, down, 0, across, 0, *corner) if turn.transposed else (across, 0, 0, 0, down, *corner)


@pytest.mark.parametrize("turn", TURNS)
def test_every_turn_is_read_from_its_matrix(turn: Turn) -> None:
    assert turn_of(matrix_of(turn)) == turn


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("size", [(4, 6), (5, 3), (1, 7)])
def test_each_pixel_goes_where_the_matrix_sends_it(turn: Turn, size: tuple[int, int]) -> None:
    height, width = size
    picture = torch.arange(float(height * width)).view(1, height, width)
    turned = turn.apply(picture)
    assert turned.shape[1:] == turn.size(height, width) and turned.is_contiguous()
    a, b, _, c, d = (number // ONE for number in matrix_of(turn)[:5])
    rows, columns = turned.shape[1:]
    for q, p in product(range(height), range(width)):
        # What a negative number sends out of view is brought back by the length of that side.
        across = a * p + c * q + (columns - 1 if a + c < 0 else 0)
        down = b * p + d * q + (rows - 1 if b + d < 0 else 0)
        assert turned[0, down, across] == picture[0, q, p]


@pytest.mark.parametrize("matrix", [(46341, 46341, 0, -46341, 46341, 0, 0, 0, 1 << 30), (0,) * 9])
def test_a_slant_is_no_turn(matrix: tuple[int, ...]) -> None:
    assert turn_of(matrix) is None


def test_a_matrix_that_also_scales_turns_all_the_same() -> None:
    assert turn_of((0, 2 * ONE, 0, -ONE, 0, 0, 0, 0, 1 << 30)) == Turn(True, False, True)
