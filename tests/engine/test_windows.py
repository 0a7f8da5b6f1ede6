"""Column windows cover a picture, and what they fetch from each other is what was computed there."""

from itertools import pairwise

import pytest
import torch

from upscale.engine.bands import TensorSource
from upscale.engine.lanes import Lane
from upscale.engine.rowbuffer import RowBuffer
from upscale.engine.windows import plan_windows


@pytest.mark.parametrize("overlap", [2, 4, 6])
@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("size", [7, 16, 112])
def test_windows_have_one_size_share_enough_and_end_with_the_picture(size: int, overlap: int, threads: int) -> None:
    for width in range(1, 400):
        windows = plan_windows(width, size=size, overlap=overlap, threads=threads)
        assert windows.starts[0] == 0 and windows.starts[-1] + windows.size == width
        shared = [left + windows.size - right for left, right in pairwise(windows.starts)]
        assert all(overlap <= columns < windows.size for columns in shared)
        assert windows.size < max(size, 2 * overlap) + 8 or len(windows.starts) == 1
        assert sorted(windows.joints) == list(windows.joints) and windows.joints[-1] == width


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_wide_pictures_have_as_many_windows_for_each_thread(threads: int) -> None:
    for width in range(1000, 4000, 7):
        assert len(plan_windows(width, size=112, overlap=8, threads=threads).starts) % threads == 0


@pytest.mark.parametrize("factor", [1, 2])
def test_refreshed_columns_are_the_neighbours(factor: int) -> None:
    for width in (30, 31, 32, 33, 50):
        windows = plan_windows(width, size=12, overlap=4)
        picture = torch.rand(3, width * factor, 5)
        rows = torch.stack([picture[:, start * factor : (start + windows.size) * factor] for start in windows.starts])
        wanted, reach = rows.clone(), 2 * factor
        for index in range(len(windows.starts)):
            if index > 0:
                rows[index, :, :reach] = -1
            if index < len(windows.starts) - 1:
                rows[index, :, -reach:] = -1
        windows.refresh(rows, reach, factor)
        assert torch.equal(rows, wanted)


def test_a_lane_knows_its_pictures_and_the_blanks_between() -> None:
    lane = Lane(gap=2)
    first, second = (TensorSource(torch.zeros(3, height, 4)) for height in (3, 5))
    lane.place(first)
    lane.place(second)
    assert lane.end == 10
    assert list(lane.blanks(0, 12, 1)) == [(3, 5), (10, 12)]
    assert list(lane.blanks(-1, 4, 1)) == [(0, 1), (4, 5)]
    assert list(lane.blanks(7, 9, 2)) == [(0, 2)]
    assert list(lane.blanks(0, 3, 1)) == []
    pieces = list(lane.pieces(2, 7, 1))
    assert [(piece.source is first, piece.top, piece.bottom, piece.row) for piece in pieces] == [
        (True, 2, 3, 2),
        (False, 0, 2, 5),
    ]
    lane.forget(5)
    assert [piece.source is second for piece in lane.pieces(0, 12, 1)] == [True]


def test_a_row_buffer_keeps_what_is_needed_and_its_frame_is_zero() -> None:
    buffer = RowBuffer(2, 3, 4, 2, torch.empty(0))
    assert not buffer.rows(-2, 0).any()
    kept: dict[int, torch.Tensor] = {}
    for count in (1, 5, 2, 7, 3, 3, 3):
        room = buffer.append(count)
        room.copy_(torch.rand(room.shape))
        for index in range(count):
            kept[buffer.end - count + index] = room[:, index].clone()
        for row in range(max(0, buffer.end - count - 1), buffer.end):
            assert torch.equal(buffer.rows(row, row + 1)[:, 0], kept[row])
        buffer.forget(max(-2, buffer.end - 2))
