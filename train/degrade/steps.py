"""A degradation is a list of steps: drawn first, numbers in frozen dataclasses, then applied in their order."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
Range = tuple[float, float]
Choice = TypeVar("Choice", bound=str)


class Step(Protocol):
    """A frozen dataclass of the numbers that were drawn.

    What would be too many numbers to tell (noise, trajectories) is drawn as the step is applied.
    """

    def apply(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        """A new picture; every step rounds to 8 bits, as every device does that hands a picture on.

        Shape: (H, W, 3), of any H and W from 1; the same size comes back, unless the step is a resize.
        """
        ...


@dataclass(frozen=True)
class Drawn:
    """What a step is called, and the numbers that it got."""

    name: str
    numbers: dict[str, float | str]

    def __str__(self) -> str:
        """`jpeg quality 43 4:2:0`: names of numbers, without their units, and words alone."""
        return " ".join([self.name, *filter(None, (_short(name, value) for name, value in self.numbers.items()))])


@dataclass(frozen=True)
class Extent:
    """The high-resolution picture that steps are drawn for, with its margin."""

    height_px: int
    width_px: int
    scale: int

    @property
    def high(self) -> tuple[int, int]:
        """Height and width."""
        return self.height_px, self.width_px

    @property
    def low(self) -> tuple[int, int]:
        """Height and width of its low resolution."""
        return self.height_px // self.scale, self.width_px // self.scale


def apply_all(steps: Sequence[Step], pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """One step after the other."""
    for step in steps:
        pixels = step.apply(pixels, rng)
    return pixels


def tell(step: Step) -> Drawn:
    """The step's name, and its fields."""
    names = [field.name for field in fields(step)]  # type: ignore[arg-type]  # a protocol cannot ask for a dataclass
    words = re.findall("[A-Z][a-z]*", type(step).__name__)
    return Drawn(" ".join(words).lower(), {name: getattr(step, name) for name in names})


def _short(name: str, value: float | str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return name if value else ""
    return f"{name.removesuffix('_px').replace('_', ' ')} {value:.3g}"


def uniform(rng: np.random.Generator, between: Range) -> float:
    """A number from the range."""
    return float(rng.uniform(*between))


def choose(rng: np.random.Generator, shares: Mapping[Choice, float]) -> Choice:
    """One of the names, each as often as its share of the sum says."""
    names = list(shares)
    edges = np.cumsum([shares[name] for name in names])
    return names[int(np.searchsorted(edges, rng.random() * edges[-1], side="right"))]


def happens(rng: np.random.Generator, probability: float) -> bool:
    """Whether a thing of this probability happens now."""
    return bool(rng.random() < probability)


def to_pixels(levels: NDArray[np.floating]) -> Pixels:
    """Rounded and clipped to 8 bits. Shape: any; 0..255 in and out."""
    return np.asarray(np.clip(np.rint(levels), 0, 255), np.uint8)
