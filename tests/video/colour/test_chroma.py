import pytest
import torch

from upscale.video.colour.chroma import Siting, enlarge_chroma, reduce_chroma

# Place of the first chroma sample in luma samples, (row, column), for 4:2:0: ITU-T H.264, figure E-1.
PLACES: list[tuple[Siting, tuple[float, float]]] = [
    ("left", (0.5, 0)),
    ("center", (0.5, 0.5)),
    ("topleft", (0, 0)),
    ("top", (0, 0.5)),
    ("bottomleft", (1, 0)),
    ("bottom", (1, 0.5)),
]
SUBSAMPLINGS = [(0, 1), (1, 0), (1, 1), (0, 2), (2, 2)]
# The largest error of chroma that is enlarged and reduced, as a share of its range (README of the filters).
ROUND_TRIP = 2e-6


def plane(rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    """A slope across the picture, sampled at these luma places. Shape: (1, rows, columns)."""
    return ((2 * rows[:, None] + 3 * columns[None, :]) / 500)[None]


@pytest.mark.parametrize(("siting", "place"), PLACES)
def test_a_slope_lies_where_its_siting_says(siting: Siting, place: tuple[float, float]) -> None:
    fine = plane(torch.arange(80.0), torch.arange(96.0))
    coarse = plane(torch.arange(40.0) * 2 + place[0], torch.arange(48.0) * 2 + place[1])
    inside = (slice(None), slice(8, -8), slice(8, -8))
    torch.testing.assert_close(enlarge_chroma(coarse, 80, 96, (1, 1), siting)[inside], fine[inside])
    # The edge that is repeated is a bend of the slope, of which traces reach further in.
    inside = (slice(None), slice(16, -16), slice(16, -16))
    torch.testing.assert_close(reduce_chroma(fine, (1, 1), siting)[inside], coarse[inside])


@pytest.mark.parametrize("log2", [(0, 0), *SUBSAMPLINGS])
@pytest.mark.parametrize("size", [(24, 32), (23, 31), (1, 1), (2, 3)])
def test_flat_chroma_stays_flat_at_every_size(log2: tuple[int, int], size: tuple[int, int]) -> None:
    coarse = reduce_chroma(torch.full((2, *size), 0.25), log2, "left")
    assert coarse.shape[1:] == (-(-size[0] >> log2[0]), -(-size[1] >> log2[1]))
    fine = enlarge_chroma(coarse, *size, log2, "left")
    assert fine.shape[1:] == size
    torch.testing.assert_close(fine, torch.full((2, *size), 0.25))


@pytest.mark.parametrize("log2", SUBSAMPLINGS)
@pytest.mark.parametrize("siting", [siting for siting, _ in PLACES])
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (7, 5), (63, 94), (200, 161), (201, 402)])
def test_enlarged_chroma_comes_back(log2: tuple[int, int], siting: Siting, size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    coarse = torch.rand(2, -(-size[0] >> log2[0]), -(-size[1] >> log2[1]))
    again = reduce_chroma(enlarge_chroma(coarse, *size, log2, siting), log2, siting)
    assert (again - coarse).abs().max() < ROUND_TRIP


@pytest.mark.parametrize("siting", [siting for siting, _ in PLACES])
def test_reducing_is_nearer_than_any_other_plane(siting: Siting) -> None:
    """Of all coarse planes the one given has the enlargement with the least squared error."""
    torch.manual_seed(0)
    fine = torch.rand(1, 40, 44)

    def error(coarse: torch.Tensor) -> float:
        return float((enlarge_chroma(coarse, 40, 44, (1, 1), siting) - fine).square().sum())

    reduced = reduce_chroma(fine, (1, 1), siting)
    for _ in range(20):
        assert error(reduced) < error(reduced + 0.05 * torch.randn_like(reduced))


def test_stripes_too_fine_for_chroma_become_gray() -> None:
    """No false colours: what alternates from pixel to pixel is not there on the coarse grid."""
    stripes = (torch.arange(128) % 2).float().expand(1, 96, 128)
    for picture in (stripes, stripes.transpose(1, 2)):
        reduced = reduce_chroma(picture, (1, 1), "left")
        assert (reduced[:, 8:-8, 8:-8] - 0.5).abs().max() < 0.02


def test_channels_do_not_mix() -> None:
    torch.manual_seed(0)
    one, two = torch.rand(1, 20, 22), torch.rand(1, 20, 22)
    both = enlarge_chroma(torch.cat([one, two]), 40, 44, (1, 1), "left")
    torch.testing.assert_close(both[:1], enlarge_chroma(one, 40, 44, (1, 1), "left"))
    torch.testing.assert_close(both[1:], enlarge_chroma(two, 40, 44, (1, 1), "left"))
