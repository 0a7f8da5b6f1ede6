"""Which way a picture takes to its size, and that it arrives there."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from PIL import Image

from upscale.engine.bands import LrSource, TensorSource
from upscale.engine.enlarge import enlarge, enlarged_bands
from upscale.engine.scaling import ScalePlan, plan_scale, plan_sizes
from upscale.engine.sizes import SizeWish
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.errors import UsageError


def upscaler(plan: ScalePlan) -> Upscaler:
    return Upscaler(plan.network, UpscaleOptions(device="cpu", dtype="fp32"))


def enlarged(plan: ScalePlan, picture: torch.Tensor) -> torch.Tensor:
    ((_, result),) = enlarge(upscaler(plan), plan, [TensorSource(picture)])
    return result


@pytest.mark.parametrize(
    ("scale", "factor", "passes"),
    [(1.01, 2, 1), (2, 2, 1), (2.5, 3, 1), (4, 4, 1), (5, 3, 2), (9, 3, 2), (9.5, 4, 2), (16, 4, 2), (17, 3, 3)],
)
def test_the_fewest_passes_by_the_smallest_factor(scale: float, factor: int, passes: int) -> None:
    plan = plan_scale("bicubic", scale)
    route = plan.route(100, 100)
    assert route.network is not None
    assert (route.network.spec.scale, route.passes) == (factor, passes)


@pytest.mark.parametrize("wish", [SizeWish(1), SizeWish(0.3), SizeWish(long_side=60), SizeWish(frame=(40, 40))])
def test_no_network_where_nothing_grows(wish: SizeWish) -> None:
    assert plan_sizes("bicubic", wish).route(40, 60).network is None


def test_each_picture_takes_the_factor_that_it_needs() -> None:
    plan = plan_sizes("espcn", SizeWish(long_side=100))
    factors = []
    for side in (100, 60, 50, 40, 30, 25, 20):
        route = plan.route(side // 2, side)
        factors.append((route.network.spec.scale if route.network else 1, route.passes))
    assert factors == [(1, 0), (2, 1), (2, 1), (3, 1), (4, 1), (4, 1), (3, 2)]


def test_no_scale_is_the_networks_own() -> None:
    plan = plan_scale("bicubic", None)
    route = plan.route(5, 7)
    assert (plan.scale, route.passes, route.last_resize) == (4, 1, None)
    assert plan.target_size(5, 7) == (20, 28)


def test_a_stretch_of_a_sliver_does_not_explode() -> None:
    route = plan_sizes("bicubic", SizeWish(frame=(2000, 2000), fit="stretch")).route(2, 20_000)
    assert route.reached * 2 * route.reached * 20_000 < 10 * 2000 * 2000


def test_labels() -> None:
    wishes = [
        SizeWish(),
        SizeWish(2.5),
        SizeWish(frame=(1080, 1920)),
        SizeWish(long_side=99),
        SizeWish(short_side=9),
        SizeWish(max_pixels=9),
    ]
    labels = [plan_sizes("bicubic", wish).label for wish in wishes]
    assert labels == ["x4", "x2.5", "1920x1080", "long99", "short9", "x4"]


@pytest.mark.parametrize("scale", [0, -1, 65, float("nan"), float("inf")])
def test_impossible_scales_are_refused(scale: float) -> None:
    with pytest.raises(UsageError, match="choose a factor"):
        plan_scale("bicubic", scale)


@pytest.mark.parametrize("tta", [False, True])
@pytest.mark.parametrize(
    "wish",
    [*map(SizeWish, (0.4, 1, 1.5, 2, 2.5, 6, 17)), SizeWish(long_side=20), SizeWish(max_pixels=400)]
    + [SizeWish(frame=(13, 40), fit=fit) for fit in ("fit", "fill", "stretch")],  # type: ignore[arg-type]
)
def test_pictures_come_in_order_at_the_planned_size(wish: SizeWish, tta: bool) -> None:
    plan = plan_sizes("bicubic", wish, tta=tta)
    sizes = ((5, 9), (5, 9), (8, 9), (30, 9), (1, 1), (1, 30))
    sources = [TensorSource(torch.full((3, *size), 0.1 * index)) for index, size in enumerate(sizes)]
    results = list(enlarge(upscaler(plan), plan, iter(sources)))
    assert [source for source, _ in results] == sources
    for index, (source, picture) in enumerate(results):
        assert picture.shape == (3, *plan.target_size(source.height, source.width))
        assert (picture - 0.1 * index).abs().max() < 1e-5


@pytest.mark.parametrize("scale", [0.4, 1, 1.5, 2, 2.7, 4, 5])
def test_nothing_moves(scale: float) -> None:
    """A mirrored picture gives the mirrored result along both sides: all is centred on pixels' centres."""
    plan = plan_scale("bicubic", scale)
    picture = torch.rand(3, 24, 31)
    result = enlarged(plan, picture)
    for side in ([1], [2], [1, 2]):
        assert (enlarged(plan, picture.flip(side)) - result.flip(side)).abs().max() < 1e-5


def test_a_blob_stays_where_it_was() -> None:
    """Its centre of mass, in pixels of the source."""
    distance = (torch.arange(40)[:, None] - 11.25) ** 2 + (torch.arange(50) - 31.5) ** 2
    picture = torch.exp(-distance / 18).expand(3, -1, -1)
    for scale in (0.5, 1, 2, 2.6, 7):
        result = enlarged(plan_scale("bicubic", scale), picture)[0]
        rows = (torch.arange(result.shape[0]) + 0.5) * 40 / result.shape[0] - 0.5
        columns = (torch.arange(result.shape[1]) + 0.5) * 50 / result.shape[1] - 0.5
        centre = (result.sum(1) @ rows / result.sum(), result.sum(0) @ columns / result.sum())
        assert (torch.stack(centre) - torch.tensor([11.25, 31.5])).abs().max() < 0.02


@pytest.mark.parametrize(("height", "width"), [(30, 80), (80, 30), (31, 50), (50, 51)])
def test_fill_is_the_middle_of_the_picture(height: int, width: int) -> None:
    """As Pillow cuts it out of the whole, but for the border: what lies beyond the cut is not looked at."""
    plan = plan_sizes("bicubic", SizeWish(frame=(100, 100), fit="fill"))
    picture = torch.rand(1, height, width).expand(3, -1, -1)
    factor = plan.route(height, width).reached
    whole = enlarged(plan_scale("bicubic", factor), picture)[0]
    side = factor * min(height, width)
    left, top = (factor * width - side) / 2, (factor * height - side) / 2
    box = (left, top, left + side, top + side)
    wanted = Image.fromarray(whole.numpy()).resize((100, 100), Image.Resampling.BICUBIC, box=box)
    difference = np.abs(enlarged(plan, picture)[0].numpy() - np.asarray(wanted))
    assert difference[15:-15, 15:-15].max() < 1e-5


class Watched:
    """A picture that notes which of its rows are asked for."""

    def __init__(self, height: int, width: int) -> None:
        self.height, self.width, self.bottom = height, width, 0
        self._picture = torch.rand(3, height, width)

    def read(self, top: int, bottom: int) -> torch.Tensor:
        self.bottom = max(self.bottom, bottom)
        return self._picture[:, top:bottom]


@pytest.mark.parametrize("scale", [0.3, 2, 2.5])
def test_results_begin_before_their_picture_ends(scale: float) -> None:
    plan = plan_scale("nearest", scale)
    source = Watched(3000, 1000)
    bands: Iterator[object] = enlarged_bands(upscaler(plan), plan, [source])
    next(bands)
    assert source.bottom < 1500


def test_bands_joined_are_the_whole() -> None:
    plan = plan_scale("espcn", 2.5)
    source: LrSource = TensorSource(torch.rand(3, 150, 40))
    bands = list(enlarged_bands(upscaler(plan), plan, [source]))
    assert len(bands) > 3
    assert all(band.source is source for band in bands)
    assert [band.top for band in bands[1:]] == [band.top + band.rows.shape[1] for band in bands[:-1]]
    whole = next(enlarge(upscaler(plan), plan, [source]))[1]
    assert torch.equal(torch.cat([band.rows for band in bands], dim=1), whole)
