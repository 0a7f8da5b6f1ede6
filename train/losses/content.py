"""What a network is told of its result by comparison with the original: the weighted sum of a run's content losses."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from upscale.train.losses.colour import colour
from upscale.train.losses.contextual import contextual
from upscale.train.losses.names import CX_TAP, Tap, VggTerm, parse_vgg
from upscale.train.losses.perceptual import perceptual
from upscale.train.losses.pixel import charbonnier, l1, mse
from upscale.train.losses.tv import anisotropic_tv, isotropic_tv, squared_tv
from upscale.train.losses.vgg import VggFeatures
from upscale.train.losses.vgg_weights import VggWeights, load_vgg

from upscale.errors import UsageError
from upscale.models.colour import luma

# Losses of discriminators, which the loop adds.
_ELSEWHERE = ("gan", "fm")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FeatureLoss:
    """A loss of VGG's features at `tap`: contextual, or perceptual with both sides times `scale`."""

    name: str
    tap: Tap
    contextual: bool = False
    scale: float = 1.0
    l1: bool = False

    def __call__(self, sr: Tensor, hr: Tensor, generator: torch.Generator | None) -> Tensor:
        """Compare features. Shape: (N, C, h, w) each -> ()."""
        if self.contextual:
            return contextual(sr, hr, generator=generator)
        return perceptual(sr, hr, scale=self.scale, l1=self.l1)


@dataclass(frozen=True)
class Content:
    """The content losses of a run. With `on_luma` those of pixels compare brightness; VGG always sees colours."""

    weights: Mapping[str, float]
    on_luma: bool
    feature_losses: tuple[FeatureLoss, ...] = ()
    features: VggFeatures | None = None

    def measure(
        self, sr: Tensor, hr: Tensor, generator: torch.Generator | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The weighted sum, and each loss before its weight, detached. Shape: (N, 3, H, W) each, in [0, 1] -> ().

        Under autocast VGG runs in half precision; what is compared is compared in fp32. The generator, if any, draws
        the positions of the contextual loss.
        """
        sr, hr = sr.float(), hr.float()
        with torch.autocast(sr.device.type, enabled=False):  # the blur of the colour loss is a convolution
            losses = self._of_pixels(sr, hr)
        losses |= self._of_features(sr, hr, generator)
        total = sum((self.weights[name] * loss for name, loss in losses.items()), start=sr.new_zeros(()))
        return total, {name: loss.detach() for name, loss in losses.items()}

    def _of_pixels(self, sr: Tensor, hr: Tensor) -> dict[str, Tensor]:
        if self.on_luma:
            sr, hr = luma(sr), luma(hr)
        apart = {item.name for item in self.feature_losses}
        return {name: _pixel_loss(name, sr, hr) for name in self.weights if name not in apart}

    def _of_features(self, sr: Tensor, hr: Tensor, generator: torch.Generator | None) -> dict[str, Tensor]:
        if self.features is None:
            return {}
        with torch.no_grad():
            wanted = self.features(hr)
        found = self.features(sr)
        return {
            item.name: item(found[item.tap].float(), wanted[item.tap].float(), generator)
            for item in self.feature_losses
        }


def _pixel_loss(name: str, sr: Tensor, hr: Tensor) -> Tensor:
    match name:
        case "l1":
            return l1(sr, hr)
        case "mse":
            return mse(sr, hr)
        case "charbonnier":
            return charbonnier(sr, hr)
        case "colour":
            return colour(sr, hr)
        case "tv":
            return isotropic_tv(sr)
        case "tv-squared":
            return squared_tv(sr)
        case "tv-l1":
            return anisotropic_tv(sr)
    raise ValueError(f"no loss {name}")


def build_content(
    losses: Mapping[str, float],
    vgg_weights: Path | None,
    device: torch.device,
    *,
    on_luma: bool,
    dtype: torch.dtype = torch.float32,
) -> Content:
    """The content losses among `losses`, by the names of `names.py`, that have a weight; VGG is read if one needs it.

    `dtype` is that of the autocast in which they will be measured: VGG's weights, which never change, are kept in it.
    Raises UsageError, EnvironmentLackError, OutputError as `load_vgg`, and UsageError for a loss that wants another
    variety of weights.
    """
    weights = {name: weight for name, weight in losses.items() if weight and name not in _ELSEWHERE}
    terms = {name: term for name in weights if (term := _term(name)) is not None}
    if not terms:
        return Content(weights, on_luma)
    given = _weights_for(terms, vgg_weights)
    feature_losses = tuple(_feature_loss(name, term, given) for name, term in terms.items())
    features = VggFeatures(given, {item.tap for item in feature_losses})
    features.to(device=device, dtype=dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in the stubs
    return Content(weights, on_luma, feature_losses, features)


def _term(name: str) -> VggTerm | None:
    return VggTerm(CX_TAP) if name == "cx" else parse_vgg(name)


def _weights_for(terms: Mapping[str, VggTerm], path: Path | None) -> VggWeights:
    """Loaded, and fit for what the terms ask for."""
    caffe = [name for name, term in terms.items() if term.caffe]
    wrong = f"{', '.join(caffe)} needs VGG weights of the caffe variety, which see BGR in 0..255"
    if caffe and path is None:  # before torchvision's are fetched for nothing
        raise UsageError(f"{wrong}: name them with --vgg-weights")
    weights = load_vgg(path)
    if caffe and weights.variety.name != "caffe":
        raise UsageError(f"{wrong}; {path} is not marked so (a .safetensors with variety = caffe in its metadata)")
    for name, term in terms.items():
        near = weights.nearest(term.tap)
        if near != term.tap:
            logger.warning("%s: VGG16 stands in for VGG19 with its conv%d_%d", name, near.block, near.conv)
    return weights


def _feature_loss(name: str, term: VggTerm, weights: VggWeights) -> FeatureLoss:
    tap = weights.nearest(term.tap)
    scale = 1.0 if term.raw else weights.scale(tap)
    return FeatureLoss(name, tap, contextual=name == "cx", scale=scale, l1=term.l1)
