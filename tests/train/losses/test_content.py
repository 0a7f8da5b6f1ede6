"""The weighted sum of a run's losses: that it is one, and what it asks of VGG."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from upscale.train.losses.colour import colour
from upscale.train.losses.content import build_content
from upscale.train.losses.contextual import contextual
from upscale.train.losses.names import Tap
from upscale.train.losses.perceptual import perceptual
from upscale.train.losses.pixel import charbonnier
from upscale.train.losses.tv import anisotropic_tv, isotropic_tv, squared_tv
from upscale.train.losses.vgg import VggFeatures
from upscale.train.losses.vgg_weights import load_vgg

from upscale.errors import UsageError
from upscale.models.colour import luma

CPU = torch.device("cpu")


@pytest.fixture
def pair() -> tuple[Tensor, Tensor]:
    return torch.rand(2, 3, 32, 32), torch.rand(2, 3, 32, 32)


@pytest.fixture
def weights(vgg19: dict[str, Tensor], vgg_file: Callable[..., Path]) -> Path:
    return vgg_file(vgg19)


@pytest.mark.parametrize("on_luma", [False, True])
def test_the_sum_of_every_kind_by_hand(pair: tuple[Tensor, Tensor], weights: Path, on_luma: bool) -> None:
    losses = {
        "l1": 0.5, "mse": 2.0, "charbonnier": 0.3, "colour": 4.0, "tv": 0.1, "tv-squared": 0.2, "tv-l1": 0.7,
        "cx": 0.01, "vgg22": 3.0, "vgg54-pre-l1": 0.4, "vgg54-raw": 1e-3, "vggpool4": 1.0, "gan": 5.0, "fm": 1.0,
    }  # fmt: skip
    sr, hr = pair
    features = VggFeatures(load_vgg(weights), [Tap(2, 2), Tap(3, 4), Tap(4, 0), Tap(5, 4), Tap(5, 4, before_relu=True)])
    found, wanted = features(sr), features(hr)

    def of(tap: Tap, *, scale: float = 1 / 12.75, l1: bool = False) -> Tensor:
        return perceptual(found[tap], wanted[tap], scale=scale, l1=l1)

    y, target = (luma(sr), luma(hr)) if on_luma else (sr, hr)
    by_hand = {
        "l1": F.l1_loss(y, target), "mse": F.mse_loss(y, target), "charbonnier": charbonnier(y, target),
        "colour": colour(y, target),
        "tv": isotropic_tv(y), "tv-squared": squared_tv(y), "tv-l1": anisotropic_tv(y),
        "cx": contextual(found[Tap(3, 4)], wanted[Tap(3, 4)]), "vgg22": of(Tap(2, 2)),
        "vgg54-pre-l1": of(Tap(5, 4, before_relu=True), l1=True), "vgg54-raw": of(Tap(5, 4), scale=1.0),
        "vggpool4": of(Tap(4, 0)),
    }  # fmt: skip
    total, parts = build_content(losses, weights, CPU, on_luma=on_luma).measure(sr, hr)
    assert parts.keys() == by_hand.keys()
    for name, loss in by_hand.items():
        assert parts[name].item() == pytest.approx(loss.item(), rel=1e-4), name
    assert total.item() == pytest.approx(sum(losses[name] * loss.item() for name, loss in by_hand.items()), rel=1e-4)


def test_pixels_are_compared_in_full_precision_under_autocast(pair: tuple[Tensor, Tensor]) -> None:
    losses = {"l1": 1.0, "colour": 1.0, "tv": 1.0}
    content = build_content(losses, None, CPU, on_luma=True)
    _, plain = content.measure(*pair)
    with torch.autocast("cpu", torch.bfloat16):
        _, half = content.measure(*pair)
    assert {name: loss.dtype for name, loss in half.items()} == dict.fromkeys(losses, torch.float32)
    assert half == plain


def test_gradients_reach_the_result_only(pair: tuple[Tensor, Tensor], weights: Path) -> None:
    sr, hr = (side.requires_grad_() for side in pair)
    content = build_content({"vgg54": 1.0, "cx": 1.0}, weights, CPU, on_luma=False)
    total, parts = content.measure(sr, hr)
    total.backward()
    assert sr.grad is not None and sr.grad.abs().max() > 0
    assert hr.grad is None
    assert not any(loss.requires_grad for loss in parts.values())


def test_one_pass_of_vgg_for_each_side_whatever_is_asked(pair: tuple[Tensor, Tensor], weights: Path) -> None:
    content = build_content({"vgg22": 1.0, "vgg54": 1.0, "vgg54-pre-l1": 1.0, "cx": 1.0}, weights, CPU, on_luma=False)
    assert content.features is not None
    passes: list[bool] = []
    content.features.register_forward_hook(
        lambda _module, _inputs, found: passes.append(all(tensor.requires_grad for tensor in found.values()))
    )
    content.measure(pair[0].requires_grad_(), pair[1])
    assert sorted(passes) == [False, True]


def test_vgg_is_read_only_where_a_loss_has_a_weight(pair: tuple[Tensor, Tensor], tmp_path: Path) -> None:
    content = build_content({"l1": 1.0, "vgg54": 0.0, "gan": 1.0}, tmp_path / "nosuch.pth", CPU, on_luma=False)
    assert content.features is None
    total, parts = content.measure(*pair)
    assert total.item() == pytest.approx(parts["l1"].item()) and parts.keys() == {"l1"}
    with pytest.raises(UsageError, match="does not exist"):
        build_content({"cx": 1.0}, tmp_path / "nosuch.pth", CPU, on_luma=False)


def test_losses_stay_in_full_precision_under_autocast(pair: tuple[Tensor, Tensor], weights: Path) -> None:
    content = build_content({"mse": 1.0, "vgg22": 1.0, "cx": 1.0}, weights, CPU, on_luma=False)
    exact, _ = content.measure(*pair)
    with torch.autocast("cpu", torch.bfloat16):
        total, parts = content.measure(*pair)
        assert content.features is not None
        assert content.features(pair[0])[Tap(2, 2)].dtype is torch.bfloat16
    assert {total.dtype, *(loss.dtype for loss in parts.values())} == {torch.float32}
    assert total.item() == pytest.approx(exact.item(), rel=0.02) and total.item() != exact.item()


def test_positions_of_the_contextual_loss_can_be_drawn(weights: Path) -> None:
    """Block 3 of 160 pixels has 40 x 40."""
    sr, hr = torch.rand(1, 3, 160, 160), torch.rand(1, 3, 160, 160)
    content = build_content({"cx": 1.0}, weights, CPU, on_luma=False)
    drawn = [content.measure(sr, hr, torch.Generator().manual_seed(seed))[0].item() for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_caffe_losses_refuse_other_weights(
    vgg16: dict[str, Tensor], vgg_file: Callable[..., Path], pair: tuple[Tensor, Tensor]
) -> None:
    losses = {"mse": 1.0, "vggpool4-raw-caffe": 2e-6}
    with pytest.raises(UsageError, match="vggpool4-raw-caffe needs VGG weights of the caffe variety.*--vgg-weights"):
        build_content(losses, None, CPU, on_luma=False)
    with pytest.raises(UsageError, match="is not marked so"):
        build_content(losses, vgg_file(vgg16), CPU, on_luma=False)
    path = vgg_file(vgg16, caffe=True)
    _, parts = build_content(losses, path, CPU, on_luma=False).measure(*pair)
    features = VggFeatures(load_vgg(path), [Tap(4, 0)])
    found, wanted = (features(side)[Tap(4, 0)] for side in pair)
    assert parts["vggpool4-raw-caffe"].item() == pytest.approx(F.mse_loss(found, wanted).item(), rel=1e-4)


def test_vgg16_in_place_of_vgg19_is_said(vgg16: dict[str, Tensor], vgg_file: Callable[..., Path]) -> None:
    said: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("upscale.train.losses.content")
    logger.addHandler(handler)
    try:
        build_content({"vgg22": 1.0, "vgg54": 1.0}, vgg_file(vgg16), CPU, on_luma=False)
    finally:
        logger.removeHandler(handler)
    assert said == ["vgg54: VGG16 stands in for VGG19 with its conv5_3"]


@pytest.mark.data
@pytest.mark.parametrize("name", ["vgg22", "vgg54", "vgg54-pre-l1", "vggpool4-raw-caffe", "cx"])
def test_half_precision_is_safe_with_real_weights(data_folder: Path, name: str) -> None:
    """Measured on crops of photographs enlarged by the shipped networks: loss within 0.2 %, direction above 0.977."""
    path = data_folder / "vgg" / "vgg16_caffe.safetensors"
    content = build_content({name: 1.0}, path, CPU, on_luma=False)
    smooth = F.interpolate(torch.rand(1, 3, 12, 12), size=64, mode="bicubic", align_corners=False).clamp(0, 1)
    hr = (smooth + 0.2 * torch.randn_like(smooth)).clamp(0, 1)
    results = []
    for half in (False, True):
        sr = smooth.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            loss, _ = content.measure(sr, hr)
        loss.backward()
        assert sr.grad is not None
        results.append((loss.item(), sr.grad.flatten()))
    (exact, slope), (rounded, rounded_slope) = results
    assert rounded == pytest.approx(exact, rel=0.01)
    assert F.cosine_similarity(slope, rounded_slope, dim=0).item() > 0.95
