"""What a viewer shows of an animation whose frames are parts of pictures: each is put onto a canvas, and taken away.

The words are APNG's (PNG specification, third edition, 11.3.6.2); WebP (RFC 9649, 2.7.1.1) knows a part of them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from upscale.images.animation import Animation
from upscale.images.picture import WHITE, Picture, Samples, with_alpha

After = Literal["keep", "clear", "restore"]


@dataclass(frozen=True)
class Part:
    """One frame: its place on the canvas and its time.

    `after`: what happens to its place when it is over. `over`: it is blended with what lies below, by its alpha;
    else it takes its place. `data`: pieces of its encoded samples.
    """

    rows: slice
    columns: slice
    delay_s: Fraction
    after: After
    over: bool
    data: list[memoryview]

    @property
    def size_px(self) -> tuple[int, int]:
        """Height and width."""
        return self.rows.stop - self.rows.start, self.columns.stop - self.columns.start


@dataclass(frozen=True)
class Film:
    """An animation as its file has it. `size_px`: the canvas; `has_alpha`: whether frames may be transparent."""

    size_px: tuple[int, int]
    has_alpha: bool
    plays: int
    parts: list[Part]

    @property
    def animation(self) -> Animation:
        """How the frames follow each other."""
        return Animation(tuple(part.delay_s for part in self.parts), self.plays)


def shown(film: Film, decode: Callable[[Part], Picture]) -> Iterator[Picture]:
    """The frames as they are to be seen, one after the other. Raises what `decode` raises."""
    canvas: Samples | None = None
    for part in film.parts:
        drawn, place = decode(part), (part.rows, part.columns)
        if canvas is None:
            channels = drawn.pixels.shape[2] + _is_transparent(film)
            canvas = np.zeros((*film.size_px, channels), drawn.pixels.dtype)
        before = canvas[place].copy()
        canvas[place] = _drawn(before, drawn, over=part.over)
        yield _copy(canvas, drawn.pixels.shape[2])
        if part.after != "keep":
            # Before the first frame there was nothing.
            canvas[place] = before if part.after == "restore" else 0


def _is_transparent(film: Film) -> bool:
    """Whether anything of the canvas may stay, or become, transparent."""
    first = film.parts[0]
    return film.has_alpha or first.size_px != film.size_px or any(part.after == "clear" for part in film.parts)


def _drawn(below: Samples, drawn: Picture, *, over: bool) -> Samples:
    """What is seen where a frame lies. Shape: (h, w, channels of the canvas)."""
    if below.shape[2] == drawn.pixels.shape[2]:
        return drawn.pixels
    white = WHITE[below.dtype]
    if drawn.alpha is None:
        return with_alpha(drawn.pixels, np.full_like(below[..., -1:], white))
    if not over:
        return with_alpha(drawn.pixels, drawn.alpha)
    share, share_below = drawn.alpha / white, below[..., -1:] / white
    rest = share_below * (1 - share)
    both = share + rest
    colours = (drawn.pixels * share + below[..., :-1] * rest) / np.where(both == 0, 1, both)
    return with_alpha(np.rint(colours), np.rint(both * white)).astype(below.dtype)


def _copy(canvas: Samples, colours: int) -> Picture:
    """The canvas goes on changing."""
    alpha = canvas[..., colours:].copy() if canvas.shape[2] > colours else None
    return Picture(canvas[..., :colours].copy(), alpha)
