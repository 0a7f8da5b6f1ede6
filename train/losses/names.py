"""The names of losses, on the command line and in recipes.

    l1 mse charbonnier     pixels
    colour                 pixels of the blurred pictures
    tv tv-squared tv-l1    roughness of the result, whatever the original
    vgg22 vgg54 ...        features of VGG after the ReLU of that block's convolution; vggpool4 ...: after a pooling
      -pre                 before the ReLU
      -l1                  mean absolute instead of squared difference
      -raw                 features as they are, without the 1/12.75 of the SRGAN paper
      -raw-caffe           likewise, and only weights that see 0..255 will do: theirs are larger by far
    cx                     contextual loss of VGG's conv3_4
    gan fm                 what discriminators say, and what they see (feature matching)

The suffixes of a name stand in this order.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from upscale.errors import UsageError, did_you_mean

PLAIN = ("l1", "mse", "charbonnier", "colour", "tv", "tv-squared", "tv-l1", "cx", "gan", "fm")
# Those that no original takes part in: alone they would make everything flat, or anything at all.
_WITHOUT_ORIGINAL = ("tv", "tv-squared", "tv-l1", "gan", "fm")

# VGG19: how many convolutions each of the five blocks has.
CONVOLUTIONS = (2, 2, 4, 4, 4)
_VGG = re.compile(r"vgg(?:pool([1-5])|([1-5])([1-4]))(-pre)?(-l1)?(-raw(-caffe)?)?")
_LARGEST_WEIGHT = 1e9


class Tap(NamedTuple):
    """A place in VGG: after convolution `conv` of `block`, counted from 1, or after the block's pooling where 0."""

    block: int
    conv: int
    before_relu: bool = False

    @property
    def smallest_px(self) -> int:
        """The side of a picture of which something is left there: each pooling halves it."""
        return 1 << (self.block if self.conv == 0 else self.block - 1)


# The side of the Gaussian that the authors of the colour loss blur by (`colour.py`).
COLOUR_TAPS = 21
# Mechrez et al. 2018b, "Maintaining Natural Image Statistics with the Contextual Loss", section 4.1.
CX_TAP = Tap(3, 4)


@dataclass(frozen=True)
class VggTerm:
    """A perceptual loss. `caffe`: its weight was chosen for features of weights that see 0..255."""

    tap: Tap
    l1: bool = False
    raw: bool = False
    caffe: bool = False


def parse_vgg(name: str) -> VggTerm | None:
    """The perceptual loss of that name; None where it is no such name."""
    match = _VGG.fullmatch(name)
    if match is None:
        return None
    pool, block, conv, pre, l1, raw, caffe = match.groups()
    tap = Tap(int(pool), 0) if pool else Tap(int(block), int(conv), before_relu=bool(pre))
    if (pool and pre) or tap.conv > CONVOLUTIONS[tap.block - 1]:
        return None
    return VggTerm(tap, bool(l1), bool(raw), bool(caffe))


def parse_losses(text: str) -> dict[str, float]:
    """`l1=1e-2,vgg54=1,gan=1e-3` as a mapping; UsageError for a weight that is no number, or a name given twice."""
    losses: dict[str, float] = {}
    for part in text.split(","):
        name, _, weight = (word.strip() for word in part.partition("="))
        if name in losses:
            raise UsageError(f"--loss {text}: {name} is given twice")
        try:
            losses[name] = float(weight)
        except ValueError:
            raise UsageError(f"--loss {text}: {part!r} is not NAME=WEIGHT") from None
    return losses


def sees_features(losses: Mapping[str, float]) -> bool:
    """Whether a loss with a weight looks at VGG's features, and so needs VGG's weights."""
    return any(weight and (name == "cx" or parse_vgg(name)) for name, weight in losses.items())


def check_losses(losses: Mapping[str, float], *, side_px: int) -> None:
    """UsageError unless all names are known, weights usable, and crops of `side_px` large enough for VGG."""
    for name, weight in losses.items():
        _check_known(name)
        number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not number or not math.isfinite(weight) or not 0 <= weight < _LARGEST_WEIGHT:
            raise UsageError(f"loss {name} = {weight!r}: expected a weight of 0 or more")
        # The contextual loss compares positions with each other: it needs several.
        needed_px = 2 * CX_TAP.smallest_px if name == "cx" else _smallest_px(name)
        if weight and side_px < needed_px:
            raise UsageError(
                f"{name} needs crops of {needed_px} pixels a side, and these have {side_px}: --crop is too small"
            )
    if not any(weight for name, weight in losses.items() if name not in _WITHOUT_ORIGINAL):
        raise UsageError("no content loss: give at least one a weight, such as --loss l1=1")


def _check_known(name: str) -> None:
    if name in PLAIN or parse_vgg(name):
        return
    raise UsageError(
        f"unknown loss {name}{_near(name)}: choose among {', '.join(PLAIN)}, vgg<block><convolution> such as vgg54 and"
        f" vggpool<block>, these with -pre, -l1, -raw or -raw-caffe in this order"
    )


def _smallest_px(name: str) -> int:
    if name == "colour":
        return COLOUR_TAPS
    term = parse_vgg(name)
    return term.tap.smallest_px if term else 1


def _near(name: str) -> str:
    """The known name of the same words in another order, or the one that looks most like it."""
    known = [*PLAIN, *_vgg_names()]
    words = sorted(name.split("-"))
    reordered = [word for word in known if sorted(word.split("-")) == words]
    return f" (did you mean {reordered[0]}?)" if reordered else did_you_mean(name, known)


def _vgg_names() -> Iterator[str]:
    """Every name that `parse_vgg` takes, the plain ones first."""
    convolutions = [f"{block}{conv}" for block, count in enumerate(CONVOLUTIONS, 1) for conv in range(1, count + 1)]
    places = [*convolutions, *(f"pool{block}" for block in range(1, 6)), *(f"{place}-pre" for place in convolutions)]
    for raw, l1, place in product(("", "-raw", "-raw-caffe"), ("", "-l1"), places):
        yield f"vgg{place}{l1}{raw}"
