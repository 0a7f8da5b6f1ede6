"""Discriminators of every kind with every norm, for tests that must hold for all of them."""

from typing import get_args

import torch
from torch import Tensor
from upscale.train.config import GanConfig, Norm
from upscale.train.discriminators.build import build_judges
from upscale.train.discriminators.names import Name
from upscale.train.discriminators.several import Judges

# Pooled and dense differ by a layer that knows no norm.
KINDS = [(name, norm) for name in get_args(Name) for norm in get_args(Norm) if name != "pooled" or norm == "batch"]
# The norm of the paper that each is from.
USUAL: dict[str, Norm] = {"dense": "batch", "pooled": "batch", "patch": "batch", "unet": "spectral"}


def side_px(name: str, norm: Norm) -> int:
    """A small picture's side that this kind takes."""
    if norm == "instance" and name in ("pooled", "dense"):
        return 32
    return 16 if name == "unet" else 24


def new_judges(name: str, norm: Norm) -> Judges:
    """Fresh, in training mode, for pictures of `side_px(name, norm)`."""
    return build_judges(GanConfig(discriminator=name, norm=norm), side_px(name, norm))


def judges_of(name: str, norm: Norm) -> Judges:
    """The same, ready to judge, and always with the same weights."""
    torch.manual_seed(3)
    judges = new_judges(name, norm)
    judges.set_reference(noise(16, side_px(name, norm), seed=9))
    return judges


def pictures(name: str, norm: Norm, *, seed: int = 1) -> Tensor:
    """Two that this kind takes."""
    return noise(2, side_px(name, norm), seed=seed)


def noise(count: int, side: int, *, seed: int = 1) -> Tensor:
    """Shape: (count, 3, side, side) in [0, 1]."""
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(seed))
