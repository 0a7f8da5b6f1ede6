import pytest
import torch

from upscale.video.chroma import Siting, enlarge_chroma, reduce_chroma

# Place of the first chroma sample in luma samples, (row, column), for 4:2:0: ITU-T H.264, figure E-1.
PLACES: list[tuple[Siting, tuple[float, float]]] = [
    ("left", (0.5, 0)),
    ("center", (0.5, 0.5)),
    ("topleft", (0, 0)),
    ("top", (0, 0.5)),
    ("bottomleft", (1, 0)),
    ("bottom", (1, 0.5)),
]


def plane(rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    """A slope across the picture, sampled at these luma places. Shape: (1, rows, columns)."""
    return (2 * rows[:, None] + 3 * columns[None, :])[None]


@pytest.mark.parametrize(("siting", "place"), PLACES)
def test_a_slope_lies_where_its_siting_says(siting: Siting, place: tuple[float, float]) -> None:
    fine = plane(torch.arange(24.0), torch.arange(32.0))
    coarse = plane(torch.arange(12.0) * 2 + place[0], torch.arange(16.0) * 2 + place[1])
    inside = (slice(None), slice(8, -8), slice(8, -8))
    torch.testing.assert_close(enlarge_chroma(coarse, 24, 32, (1, 1), siting)[inside], fine[inside])
    inside = (slice(None), slice(4, -4), slice(4, -4))
    torch.testing.assert_close(reduce_chroma(fine, (1, 1), siting)[inside], coarse[inside])


@pytest.mark.parametrize("log2", [(0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (2, 2)])
@pytest.mark.parametrize("size", [(24, 32), (23, 31), (1, 1), (2, 3)])
def test_flat_chroma_stays_flat_at_every_size(log2: tuple[int, int], size: tuple[int, int]) -> None:
    coarse = reduce_chroma(torch.full((2, *size), 0.25), log2, "left")
    assert coarse.shape[1:] == (-(-size[0] >> log2[0]), -(-size[1] >> log2[1]))
    fine = enlarge_chroma(coarse, *size, log2, "left")
    assert fine.shape[1:] == size
    torch.testing.assert_close(fine, torch.full((2, *size), 0.25))
