"""Pixels of other shapes made square, by the last resize."""

from dataclasses import replace

from upscale.engine.scaling import ScalePlan
from upscale.engine.sizes import SizeWish
from upscale.errors import UsageError
from upscale.video.tracks.containers import square_size
from upscale.video.view import View


def squared(view: View, plan: ScalePlan) -> tuple[View, ScalePlan]:
    """The same clip and sizes with square pixels; both unchanged where they are square, or nobody says their shape.

    The wish is met with the picture as it is shown: a frame of 720x576 pixels of 64:45 fits 1920x1080 exactly. Raises
    UsageError where it is to be cut as well.
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
