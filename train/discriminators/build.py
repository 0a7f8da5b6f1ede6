"""From words such as `pooled+patch@2` to discriminators."""

from dataclasses import dataclass
from typing import Literal, cast, get_args

from torch import nn
from upscale.train.config import GanConfig
from upscale.train.discriminators.patch import Patch
from upscale.train.discriminators.several import Judges
from upscale.train.discriminators.unet import UNet
from upscale.train.discriminators.vgg_style import VggStyle

from upscale.errors import UsageError, did_you_mean

Name = Literal["pooled", "dense", "patch", "unet"]

# The smallest pictures from which something is left after all strides, with two positions a side for a norm that
# takes statistics of one picture alone.
_SMALLEST_PX: dict[Name, int] = {"pooled": 16, "dense": 16, "patch": 24, "unet": 16}
_SMALLEST_INSTANCE_PX: dict[Name, int] = {**_SMALLEST_PX, "pooled": 32, "dense": 32}
_WITH_DENSE_HEAD = ("pooled", "dense")
_FACTORS = {"": 1, "@2": 2, "@4": 4}


@dataclass(frozen=True)
class Wanted:
    """One discriminator of a description, and the factor by which its pictures are shrunk."""

    name: Name
    shrink: int


def parse_discriminator(text: str) -> tuple[Wanted, ...]:
    """The discriminators joined by `+`; UsageError, with the near match, for a word that is none."""
    return tuple(_parse_one(word.strip()) for word in text.split("+"))


def build_judges(gan: GanConfig, side_px: int) -> Judges:
    """Discriminators with fresh weights for square pictures of `side_px` high-resolution pixels.

    UsageError for an unknown name, pictures that are too small, and kernels where no dense layer could take them.
    """
    all_wanted = parse_discriminator(gan.discriminator)
    for wanted in all_wanted:
        _check(wanted, gan, side_px)
    judges = [_build_one(wanted, gan, side_px // wanted.shrink) for wanted in all_wanted]
    shrink = [wanted.shrink for wanted in all_wanted]
    return Judges(judges, shrink, reference_px=side_px if gan.norm == "virtual" else None)


def _parse_one(word: str) -> Wanted:
    name, at, factor = word.partition("@")
    names = get_args(Name)
    if name not in names:
        raise UsageError(
            f"unknown discriminator {word!r}{did_you_mean(name, names)}: choose {', '.join(names)}, joined by +"
        )
    if at + factor not in _FACTORS:
        raise UsageError(f"discriminator {word}: pictures are shrunk by @2 or @4")
    return Wanted(cast(Name, name), _FACTORS[at + factor])


def _check(wanted: Wanted, gan: GanConfig, side_px: int) -> None:
    is_instance = gan.norm_of(wanted.name) == "instance"
    smallest = _SMALLEST_INSTANCE_PX if is_instance else _SMALLEST_PX
    needed = smallest[wanted.name] * wanted.shrink
    if side_px < needed:
        at = f"@{wanted.shrink}" if wanted.shrink > 1 else ""
        norm = " with instance norm" if is_instance else ""
        raise UsageError(
            f"the discriminator {wanted.name}{at}{norm} needs crops of {needed} high-resolution pixels or more, "
            f"not {side_px}: raise --crop, which counts low-resolution ones"
        )
    if gan.kernels and wanted.name not in _WITH_DENSE_HEAD:
        raise UsageError(
            f"minibatch discrimination needs a dense layer, which the discriminator {wanted.name} has not: "
            f"choose {' or '.join(_WITH_DENSE_HEAD)}, or 0 kernels"
        )


def _build_one(wanted: Wanted, gan: GanConfig, side_px: int) -> nn.Module:
    norm = gan.norm_of(wanted.name)
    match wanted.name:
        case "pooled":
            return VggStyle(norm, side_px=None, kernels=gan.kernels)
        case "dense":
            return VggStyle(norm, side_px=side_px, kernels=gan.kernels)
        case "patch":
            return Patch(norm)
        case "unet":
            return UNet(norm)
