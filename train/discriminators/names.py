"""The names of discriminators, and what each asks for, told from names alone: checking a command line loads no torch.

pooled dense patch unet     joined by +
  @2 @4                     on pictures shrunk by as much
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast, get_args

from upscale.errors import UsageError, did_you_mean

Norm = Literal["batch", "instance", "spectral", "virtual", "none"]
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


def check_discriminator(text: str, *, norm_of: Callable[[str], Norm], kernels: int, side_px: int) -> None:
    """UsageError for an unknown name, pictures that are too small, and kernels where no dense layer could take them.

    `norm_of` tells the norm of each by its name, `side_px` counts high-resolution pixels.
    """
    for wanted in parse_discriminator(text):
        _check(wanted, is_instance=norm_of(wanted.name) == "instance", kernels=kernels, side_px=side_px)


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


def _check(wanted: Wanted, *, is_instance: bool, kernels: int, side_px: int) -> None:
    smallest = _SMALLEST_INSTANCE_PX if is_instance else _SMALLEST_PX
    needed = smallest[wanted.name] * wanted.shrink
    if side_px < needed:
        at = f"@{wanted.shrink}" if wanted.shrink > 1 else ""
        norm = " with instance norm" if is_instance else ""
        raise UsageError(
            f"the discriminator {wanted.name}{at}{norm} needs crops of {needed} high-resolution pixels or more, "
            f"not {side_px}: raise --crop, which counts low-resolution ones"
        )
    if kernels and wanted.name not in _WITH_DENSE_HEAD:
        raise UsageError(
            f"minibatch discrimination needs a dense layer, which the discriminator {wanted.name} has not: "
            f"choose {' or '.join(_WITH_DENSE_HEAD)}, or --kernels 0"
        )
