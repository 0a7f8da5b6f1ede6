"""The last resize, against Pillow, and in pieces."""

import numpy as np
import pytest
import torch
from PIL import Image

from upscale.engine.memory import enough_for
from upscale.engine.resize import RowResize, resize
from upscale.engine.sizes import Axis, Target
from upscale.errors import UpscaleError

CPU = torch.device("cpu")
SIZES = [(31, 50), (93, 50), (77, 120), (10, 13), (1, 1), (3, 400), (31, 51)]


Box = tuple[float, float, float, float]


def pillows(plane: torch.Tensor, size_px: tuple[int, int], box: Box | None = None) -> torch.Tensor:
    picture = Image.fromarray(plane.numpy()).resize(size_px[::-1], Image.Resampling.BICUBIC, box=box)
    return torch.from_numpy(np.asarray(picture).copy())


@pytest.mark.parametrize("size_px", SIZES)
def test_it_is_pillows_bicubic(size_px: tuple[int, int]) -> None:
    plane = torch.rand(31, 50)
    assert (resize(plane[None], *size_px)[0] - pillows(plane, size_px)).abs().max() < 1e-5


@pytest.mark.parametrize("size_px", SIZES)
def test_so_is_part_of_a_picture(size_px: tuple[int, int]) -> None:
    plane = torch.rand(31, 50)
    target = Target(Axis(2.25, 20.5, size_px[0]), Axis(10.4, 33.3, size_px[1]))
    made = torch.cat([rows for _, rows in RowResize(31, 50, target, CPU).push(plane[None])], dim=1)
    assert (made[0] - pillows(plane, size_px, (10.4, 2.25, 43.7, 22.75))).abs().max() < 1e-5


@pytest.mark.parametrize("size_px", [*SIZES, (200, 130)])
@pytest.mark.parametrize("step", [1, 2, 7, 30])
def test_in_pieces_it_is_bit_for_bit_the_whole(step: int, size_px: tuple[int, int]) -> None:
    picture = torch.randn(3, 31, 50)
    by = RowResize(31, 50, Target(Axis(0, 31, size_px[0]), Axis(0, 50, size_px[1])), CPU)
    made = [piece for top in range(0, 31, step) for piece in by.push(picture[:, top : top + step])]
    assert [top for top, _ in made] == [sum(rows.shape[1] for _, rows in made[:index]) for index in range(len(made))]
    assert torch.equal(torch.cat([rows for _, rows in made], dim=1), resize(picture, *size_px))


def test_rows_come_as_soon_as_they_can() -> None:
    by = RowResize(1000, 10, Target(Axis(0, 1000, 400), Axis(0, 10, 4)), CPU)
    counts = [sum(rows.shape[1] for _, rows in by.push(torch.rand(3, 100, 10))) for _ in range(10)]
    assert sum(counts) == 400
    assert counts[0] >= 20


def test_resize_to_the_same_size_changes_nothing() -> None:
    picture = torch.rand(3, 4, 5)
    assert torch.equal(resize(picture, 4, 5), picture)


def test_an_edge_overshoots_by_no_more_than_the_kernel_does() -> None:
    """Keys' cubic overshoots a step by 7 %; what integers cannot hold of it is clamped where they are made."""
    edge = torch.zeros(1, 20, 40)
    edge[..., 20:] = 1
    for size_px in ((50, 100), (8, 16)):
        made = resize(edge, *size_px)
        assert (made - 0.5).abs().max() < 0.59


def test_the_mean_is_kept_when_shrinking() -> None:
    picture = torch.rand(3, 200, 300)
    assert (resize(picture, 20, 30).mean() - picture.mean()).abs() < 5e-3


def test_running_out_of_memory_is_said_in_a_sentence() -> None:
    with (
        pytest.raises(UpscaleError, match="not enough memory on cpu for a result of 5 x 4 pixels"),
        enough_for("a result of 5 x 4 pixels", CPU),
    ):
        torch.empty(2**60)
    with pytest.raises(RuntimeError, match="something else"), enough_for("nothing", CPU):
        raise RuntimeError("something else")
