"""From words such as `pooled+patch@2` to discriminators."""

from torch import nn
from upscale.train.config import GanConfig
from upscale.train.discriminators.names import Wanted, check_discriminator, parse_discriminator
from upscale.train.discriminators.patch import Patch
from upscale.train.discriminators.several import Judges
from upscale.train.discriminators.unet import UNet
from upscale.train.discriminators.vgg_style import VggStyle


def build_judges(gan: GanConfig, side_px: int) -> Judges:
    """Discriminators with fresh weights for square pictures of `side_px` high-resolution pixels.

    UsageError for an unknown name, pictures that are too small, and kernels where no dense layer could take them.
    """
    check_discriminator(gan.discriminator, norm_of=gan.norm_of, kernels=gan.kernels, side_px=side_px)
    all_wanted = parse_discriminator(gan.discriminator)
    judges = [_build_one(wanted, gan, side_px // wanted.shrink) for wanted in all_wanted]
    shrink = [wanted.shrink for wanted in all_wanted]
    return Judges(judges, shrink, reference_px=side_px if gan.norm == "virtual" else None)


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
