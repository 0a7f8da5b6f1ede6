"""How the frames of an animation follow each other."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise

from upscale.errors import BadInputError
from upscale.images.limit import counted, too_large

# Frames pass one by one, so that together they may hold more than a single picture: at most so many times its limit.
# 2**32 pixels by default: 78 minutes of 320 x 240 at 12 frames a second.
_TIMES_LIMIT = 16


@dataclass(frozen=True)
class Animation:
    """`delays_s`: how long each frame is shown, in seconds; `plays`: how often all of them are, 0 without end."""

    delays_s: tuple[Fraction, ...]
    plays: int = 0

    @property
    def frames(self) -> int:
        """How many frames there are."""
        return len(self.delays_s)

    def delays(self, per_second: int) -> list[int]:
        """The delays in a format's units. What is rounded off goes to the next frame, so that they stay in time."""
        ends = [round(end * per_second) for end in accumulate(self.delays_s, initial=Fraction(0))]
        return [after - before for before, after in pairwise(ends)]


def refuse_too_large(frames: int, size_px: tuple[int, int], limit_px: int) -> None:
    """Raises BadInputError, with a bare reason, for frames that are too large or too many: before one is decoded."""
    height, width = size_px
    if height * width > limit_px:
        raise BadInputError(too_large(height, width, limit_px))
    if frames * height * width > _TIMES_LIMIT * limit_px:
        raise BadInputError(
            f"it claims {frames} frames of {width} x {height} pixels, above the limit of "
            f"{counted(_TIMES_LIMIT * limit_px)} in all (--max-input-pixels lifts it)"
        )
