"""Names beside points, where they cover neither each other nor what is drawn."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from upscale.plot.lettering import Ink, width_of

_GAP_PX = 7
# Where all is taken beside a point, further away; what that is worth in pixels that a name covers of others.
_FAR_PX, _FAR_COST = 24, 40.0
# Right, left, above, below, then the corners.
_SIDES = ((1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (1, 1), (-1, -1), (-1, 1))


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def shared(self, other: "Box") -> float:
        """The area that both cover."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, across) * max(0.0, down)

    def outside(self, frame: "Box") -> float:
        """The area that lies beyond the frame."""
        return (self.right - self.left) * (self.bottom - self.top) - self.shared(frame)


def place_names(
    names: Sequence[str], points: Sequence[tuple[float, float]], taken: Sequence[Box], frame: Box, ink: Ink
) -> list[Box]:
    """A box for each name beside its point, in turn where it covers least of `taken` and of those before it.

    In a crowd it may be so far that it needs a `leader`.
    """
    boxes: list[Box] = []
    for name, point in zip(names, points, strict=True):
        size = width_of(name, ink), ink.size_px
        near, far = ([_beside(point, size, side, gap) for side in _SIDES] for gap in (_GAP_PX, _FAR_PX))
        best, other = (min(group, key=lambda box: _cost(box, [*taken, *boxes], frame)) for group in (near, far))
        costs = [_cost(box, [*taken, *boxes], frame) for box in (best, other)]
        boxes.append(other if costs[1] + _FAR_COST < costs[0] else best)
    return boxes


def leader(box: Box, point: tuple[float, float]) -> tuple[float, float] | None:
    """Where a line from the point to its name ends; None where the name is near enough to need none."""
    x, y = min(max(point[0], box.left), box.right), min(max(point[1], box.top), box.bottom)
    return (x, y) if math.hypot(x - point[0], y - point[1]) > 2 * _GAP_PX else None


def _cost(box: Box, taken: Sequence[Box], frame: Box) -> float:
    # What leaves the frame is cut off: worse than two names that touch.
    return sum(map(box.shared, taken)) + 10 * box.outside(frame)


def _beside(point: tuple[float, float], size: tuple[int, int], side: tuple[int, int], gap_px: float) -> Box:
    across, down = side
    gap = gap_px if not (across and down) else gap_px * 0.6
    middle_x = point[0] + across * (gap + size[0] / 2)
    middle_y = point[1] + down * (gap + size[1] / 2)
    return Box(middle_x - size[0] / 2, middle_y - size[1] / 2, middle_x + size[0] / 2, middle_y + size[1] / 2)
