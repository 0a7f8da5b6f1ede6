"""Which way a picture takes to its size: the network's factor, how many passes, and one last antialiased resize."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count

from upscale.engine.sizes import SizeWish, Target, checked
from upscale.models.catalog import load_network, scales_of
from upscale.models.network import Network

# Of a picture that is stretched by far more along one side the other side must not be enlarged as much.
_MOST_ANISOTROPY = 4
# Factors are ratios of whole numbers, but computed in floats.
_ROUNDING = 1e-9

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Route:
    """One picture's way: `passes` times through `network`, or past it where that is None, to the target."""

    network: Network | None
    passes: int
    target: Target
    tta: bool = False

    @property
    def reached(self) -> int:
        """The factor after all passes, before the last resize."""
        return 1 if self.network is None else int(self.network.spec.scale**self.passes)

    @property
    def last_resize(self) -> Target | None:
        """What is left to do with the part of the picture that was enlarged; None: nothing."""
        target, factor = self.target, self.reached
        left = Target(target.rows.within(factor), target.columns.within(factor))
        return None if left.rows.idle and left.columns.idle else left

    @property
    def held_px(self) -> int:
        """Pixels that are in memory at once because rows do not do: a pass's input, and averages."""
        if self.network is None:
            return 0
        (top, bottom), (left, right) = self.target.rows.used, self.target.columns.used
        between = self.reached // self.network.spec.scale if self.passes > 1 else 0
        return (bottom - top) * (right - left) * (between**2 + (self.reached**2 if self.tta else 0))


@dataclass(frozen=True)
class ScalePlan:
    """A model's networks, by ascending factor, and the sizes that are wanted of them.

    `tta`: each pass is the average over the picture's eight symmetries, which takes eight times as long.
    """

    networks: tuple[Network, ...]
    wish: SizeWish = SizeWish()
    tta: bool = False

    @property
    def network(self) -> Network:
        """The one with the largest factor."""
        return self.networks[-1]

    @property
    def scale(self) -> float:
        """The factor wished; where that varies from picture to picture, the network's own."""
        return self.wish.scale or self.network.spec.scale

    @property
    def label(self) -> str:
        """The size in a few characters, for the names of results: x4, x2.5, 1920x1080, long2000, short1080."""
        wish = self.wish
        if wish.frame is not None:
            return f"{wish.frame[1]}x{wish.frame[0]}"
        if wish.long_side or wish.short_side:
            return f"long{wish.long_side}" if wish.long_side else f"short{wish.short_side}"
        return f"x{self.scale:g}"

    def route(self, height: int, width: int) -> Route:
        """For a picture of this size: the fewest passes, by the smallest factor, that reach its target."""
        target = self.target(height, width)
        ratios = target.rows.ratio, target.columns.ratio
        needed = min(max(ratios), _MOST_ANISOTROPY * min(ratios)) - _ROUNDING
        if needed <= 1:
            return Route(None, 0, target)
        index, passes = _fewest([network.spec.scale for network in self.networks], needed)
        return Route(self.networks[index], passes, target, self.tta)

    def target(self, height: int, width: int) -> Target:
        """What a picture of this size is to become."""
        return self.wish.target(height, width, self.scale)

    def target_size(self, height: int, width: int) -> tuple[int, int]:
        """(height, width) of the finished picture."""
        return self.target(height, width).size_px


def plan_scale(model: str, scale: float | None = None) -> ScalePlan:
    """All pictures by one factor, None: the network's own. Raises as `plan_sizes`."""
    return plan_sizes(model, SizeWish(scale))


def plan_sizes(model: str, wish: SizeWish, *, tta: bool = False) -> ScalePlan:
    """A model made ready for the sizes wished. UsageError for an unknown model and for sizes that cannot be."""
    checked(wish)
    if wish == SizeWish():
        return ScalePlan((load_network(model),), wish, tta)
    factors = scales_of(model)
    if wish == SizeWish(max_pixels=wish.max_pixels):
        wish = replace(wish, scale=load_network(model).spec.scale)
    if wish.scale is not None and not wish.varies:
        index, passes = _fewest(factors, wish.scale)
        factors = (factors[index],)
        _tell(model, factors[0], passes, wish.scale)
    return ScalePlan(tuple(load_network(model, factor) for factor in factors), wish, tta)


def _fewest(factors: Sequence[int], needed: float) -> tuple[int, int]:
    """(index of the factor, passes): the fewest passes that reach what is needed, and the smallest factor for them."""
    for passes in count(1):
        for index, factor in enumerate(factors):
            if factor**passes >= needed:
                return index, passes
    raise AssertionError("unreachable: every factor is 2 or more")


def _tell(model: str, factor: int, passes: int, scale: float) -> None:
    if scale <= 1:
        logger.warning("x%g needs no network: pictures are resized at most", scale)
    elif factor**passes != scale or passes > 1:
        times = "" if passes == 1 else f", applied {passes} times"
        logger.warning("%s enlarges x%d%s; the result is resized to x%g", model, factor, times, scale)
