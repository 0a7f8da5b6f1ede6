"""What `--degrade` takes: `bicubic`, `classic` or `real`, and ingredients, joined by `+`. Loads no OpenCV."""

from dataclasses import dataclass
from typing import Literal, cast, get_args

from upscale.errors import UsageError, did_you_mean

Base = Literal["bicubic", "classic", "real"]
Ingredient = Literal["haze", "rain", "lowlight", "motion"]
BASES = get_args(Base)
INGREDIENTS = get_args(Ingredient)

# How often an ingredient is in a sample: what has none teaches the network to leave good pictures alone.
_SHARE = 0.5
# High-resolution pixels beyond which almost nothing acts on a crop. With these, photographs at x4, and only blurs and
# resizes, the outermost row of a crop differs by 0.1 levels on average from what an endless picture would give.
_MARGIN_PX: dict[str, int] = {"bicubic": 16, "classic": 16, "real": 32}
_MOTION_PX = 8  # ways of up to 20 pixels about their middle reach that far, for the most part


@dataclass(frozen=True)
class Degradation:
    """A base, and the ingredients with the share of the samples that get each."""

    base: Base
    ingredients: tuple[tuple[Ingredient, float], ...] = ()

    @property
    def margin_px(self) -> int:
        """High-resolution pixels to give to `degrade` on every side of a crop, rounded up to a multiple of the scale.

        What becomes of them is to be cut off its result: so filters see no edge of a crop.
        """
        return _MARGIN_PX[self.base] + (_MOTION_PX if "motion" in dict(self.ingredients) else 0)


def parse_degradation(text: str, called: str = "") -> Degradation:
    """`real+haze+rain=0.2` as a degradation; the base is bicubic where none is named.

    A number is the share of the samples that get the ingredient, 0.5 where none is given. UsageError names what is
    unknown, with the near match, twice there, or no share; `called` is what it calls the setting, if not its flag.
    """
    called = called or f"--degrade {text}"
    base: Base | None = None
    ingredients: dict[Ingredient, float] = {}
    for part in text.split("+"):
        name, _, share = part.strip().partition("=")
        if name in BASES and not share:
            if base is not None:
                raise UsageError(f"{called}: {base} and {name} exclude each other")
            base = cast(Base, name)
        elif name in INGREDIENTS:
            if name in ingredients:
                raise UsageError(f"{called}: {name} is there twice")
            ingredients[cast(Ingredient, name)] = _share(share, called) if share else _SHARE
        else:
            raise UsageError(f"{called}: {_unknown(part.strip(), name)}")
    return Degradation(base or "bicubic", tuple(ingredients.items()))


def _share(share: str, called: str) -> float:
    try:
        value = float(share)
    except ValueError:
        value = -1.0
    if not 0 < value <= 1:
        raise UsageError(f"{called}: {share!r} is no share of the samples, such as 0.5")
    return value


def _unknown(part: str, name: str) -> str:
    if name in BASES:
        return f"{part!r}: only ingredients take a share"
    meant = did_you_mean(name, [*BASES, *INGREDIENTS])
    known = f"choose {', '.join(BASES)}, and join {', '.join(INGREDIENTS)} to it by +"
    return f"{name!r} is unknown{meant}: {known}"
