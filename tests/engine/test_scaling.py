"""Any enlargement from fixed factors."""

import pytest
import torch

from upscale.engine.bands import TensorSource
from upscale.engine.scaling import enlarge, plan_scale, resize
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.errors import UsageError


@pytest.mark.parametrize(
    ("scale", "factor", "passes"), [(1, 2, 1), (2, 2, 1), (2.5, 3, 1), (4, 4, 1), (5, 4, 2), (16, 4, 2), (17, 4, 3)]
)
def test_smallest_factor_that_reaches_or_the_largest_repeated(scale: float, factor: int, passes: int) -> None:
    plan = plan_scale("bicubic", scale)
    assert (plan.network.spec.scale, plan.passes) == (factor, passes)


def test_no_scale_is_the_networks_own() -> None:
    plan = plan_scale("bicubic", None)
    assert (plan.scale, plan.passes, plan.needs_resize) == (4, 1, False)


@pytest.mark.parametrize("scale", [0, 0.5, -1, 65, float("nan")])
def test_impossible_scales_are_refused(scale: float) -> None:
    with pytest.raises(UsageError, match="choose a factor"):
        plan_scale("bicubic", scale)


@pytest.mark.parametrize("scale", [1.5, 2, 2.5, 6])
def test_pictures_come_in_order_at_the_planned_size(scale: float) -> None:
    plan = plan_scale("bicubic", scale)
    upscaler = Upscaler(plan.network, UpscaleOptions(device="cpu", dtype="fp32"))
    sources = [TensorSource(torch.full((3, height, 9), level)) for height, level in ((5, 0.1), (5, 0.2), (8, 0.3))]
    results = list(enlarge(upscaler, plan, iter(sources)))
    assert [source for source, _ in results] == sources
    for (source, picture), level in zip(results, (0.1, 0.2, 0.3), strict=True):
        assert picture.shape == (3, *plan.target_size(source.height, source.width))
        assert (picture - level).abs().max() < 1e-5


def test_resize_to_the_same_size_changes_nothing() -> None:
    picture = torch.rand(3, 4, 5)
    assert torch.equal(resize(picture, 4, 5), picture)
