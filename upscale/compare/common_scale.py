"""How much larger each picture is drawn, so that a low resolution lies exactly beneath its enlargement."""

from collections.abc import Sequence

# Originals are up to a factor's rest larger than what was made of them (503 px, reduced and enlarged by 4: 500 px).
_REST_PX = 8


def common_scale(sizes: Sequence[tuple[int, int]]) -> list[float]:
    """A factor for each (height, width): the widest is drawn as it is, all from the same top left corner.

    A whole factor where it fits to a few pixels, which are then missing at the right and at the bottom; else the ratio
    of the widths.
    """
    height, width = max(sizes, key=lambda size: (size[1], size[0]))
    return [_factor(own_height, own_width, height, width) for own_height, own_width in sizes]


def _factor(own_height: int, own_width: int, height: int, width: int) -> float:
    whole = max(1, round(width / own_width))
    rest = max(abs(width - whole * own_width), abs(height - whole * own_height))
    return float(whole) if rest < max(_REST_PX, whole) else width / own_width
