"""Sizes as players show them: pixels of other shapes count, or become square by the last resize."""

from dataclasses import replace

from upscale.engine.scaling import ScalePlan
from upscale.engine.sizes import SizeWish
from upscale.errors import UsageError
from upscale.video.colour.turning import turn_of
from upscale.video.reading.reader import VideoInfo
from upscale.video.tracks.containers import square_size
from upscale.video.view import View


def as_shown(view: View, plan: ScalePlan) -> tuple[View, ScalePlan]:
    """The clip, and a plan for the picture as it is stored that is met by what players will show of it.

    Pixels become square where that is wished. Raises UsageError where such a picture is to be cut as well.
    """
    plan = replace(plan, wish=_as_it_lies(plan.wish, view.info))
    if view.viewing.square_pixels:
        return _squared(view, plan)
    return view, replace(plan, wish=_in_stored_pixels(plan.wish, view.info))


def _as_it_lies(wish: SizeWish, info: VideoInfo) -> SizeWish:
    """The same wish for a picture that lies on its side until a player turns it."""
    turn = turn_of(info.display_matrix) if info.display_matrix else None
    if wish.frame is None or turn is None or not turn.transposed:
        return wish
    return replace(wish, frame=wish.frame[::-1])


def _in_stored_pixels(wish: SizeWish, info: VideoInfo) -> SizeWish:
    """The same wish for pixels of another shape, which players make wider or narrower."""
    aspect = info.sample_aspect or 1
    if aspect == 1:
        return wish
    if wish.frame is not None:
        height, width = wish.frame
        return replace(wish, frame=(height, max(1, round(width / aspect))))
    sides = info.height, info.width * aspect
    for wished, side in ((wish.long_side, max(sides)), (wish.short_side, min(sides))):
        if wished is not None:
            return SizeWish(scale=float(wished / side), max_pixels=wish.max_pixels)
    return wish


def _squared(view: View, plan: ScalePlan) -> tuple[View, ScalePlan]:
    """The same clip and sizes with square pixels; both unchanged where they are square, or nobody says their shape.

    The wish is met with the picture as it is shown: a frame of 720x576 pixels of 64:45 fits 1920x1080 exactly.
    """
    info, aspect = view.info, view.info.sample_aspect
    if aspect is None or aspect in (0, 1):
        return view, plan
    if plan.wish.frame is not None and plan.wish.fit == "fill":
        raise UsageError("--fit fill cuts before pixels become square; leave out --square-pixels, or use --fit fit")
    shown_px = square_size(info.height, info.width, aspect)
    wish = SizeWish(frame=plan.target_size(*shown_px), fit="stretch")
    note = f"its pixels are {aspect.numerator}:{aspect.denominator}; they become square"
    seen = replace(view, info=replace(info, sample_aspect=None), notes=(*view.notes, note))
    return seen, replace(plan, wish=wish)
