"""Any enlargement from networks of fixed factors: the right factor, repeated passes, one last antialiased resize."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

from upscale.engine.bands import LrSource, TensorSource, assemble
from upscale.engine.upscaler import Upscaler
from upscale.errors import UsageError
from upscale.models.catalog import load_network, scales_of
from upscale.models.network import Network

_LARGEST = 64

logger = logging.getLogger(__name__)

_Source = TypeVar("_Source", bound=LrSource)


@dataclass(frozen=True)
class ScalePlan:
    """A network, how often it is applied, and the enlargement that is wanted in the end."""

    network: Network
    passes: int
    scale: float

    @property
    def reached(self) -> int:
        """The factor after all passes, before the last resize."""
        return int(self.network.spec.scale**self.passes)

    @property
    def needs_resize(self) -> bool:
        """Whether the passes overshoot the wanted factor."""
        return self.reached != self.scale

    def target_size(self, height: int, width: int) -> tuple[int, int]:
        """(height, width) of the finished picture."""
        return max(1, round(height * self.scale)), max(1, round(width * self.scale))


def plan_scale(model: str, scale: float | None) -> ScalePlan:
    """The smallest shipped factor that reaches `scale`, or the largest as often as it takes.

    UsageError for an unknown model and for a scale below 1 or above 64.
    """
    if scale is None:
        network = load_network(model)
        return ScalePlan(network, 1, network.spec.scale)
    if not 1 <= scale <= _LARGEST:
        raise UsageError(f"--scale {scale:g}: choose a factor from 1 to {_LARGEST}")
    factors = scales_of(model)
    factor = next((factor for factor in factors if factor >= scale), factors[-1])
    passes, reached = 1, factor
    while reached < scale:
        passes, reached = passes + 1, reached * factor
    plan = ScalePlan(load_network(model, factor), passes, scale)
    if plan.needs_resize or passes > 1:
        times = "" if passes == 1 else f", applied {passes} times"
        logger.warning("%s enlarges x%d%s; the result is resized to x%g", model, factor, times, scale)
    return plan


def resize(picture: Tensor, height: int, width: int) -> Tensor:
    """Bicubic with antialiasing, not clamped. Shape: (C, H, W), float -> (C, height, width)."""
    if picture.shape[1:] == (height, width):
        return picture
    return F.interpolate(picture[None], (height, width), mode="bicubic", antialias=True)[0]


def enlarge(upscaler: Upscaler, plan: ScalePlan, sources: Iterable[_Source]) -> Iterator[tuple[_Source, Tensor]]:
    """Every source with its whole enlarged picture, in order, all passes and the last resize done.

    Shape of each picture: (3, height, width) as `plan.target_size` says, float32, not clamped, on the device.
    """
    pulled: list[_Source] = []

    def remember() -> Iterator[_Source]:
        for source in sources:
            pulled.append(source)
            yield source

    pictures = assemble(upscaler.stream(remember()), upscaler.scale)
    for _ in range(plan.passes - 1):
        pictures = assemble(upscaler.stream(TensorSource(picture) for picture in pictures), upscaler.scale)
    for picture in pictures:
        source = pulled.pop(0)
        with torch.inference_mode():
            yield source, resize(picture, *plan.target_size(source.height, source.width))
