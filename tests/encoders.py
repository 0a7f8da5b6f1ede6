"""What the tests of encoding encode with."""

from fractions import Fraction

from upscale.video.colour.conversion import Colour
from upscale.video.colour.layout import find_layout
from upscale.video.colour.tags import ColourTags
from upscale.video.encoding.encoder import EncoderPlan


def plan_for(codec: str, pix_fmt: str = "yuv420p", *, height: int = 32) -> EncoderPlan:
    """Pictures 64 pixels wide, of BT.709, in a clock of microseconds; no options."""
    layout = find_layout(pix_fmt)
    assert layout is not None
    return EncoderPlan(
        codec=codec,
        options={},
        height=height,
        width=64,
        coded_height=height,
        coded_width=64,
        layout=layout,
        colour=Colour("bt709", False),
        tags=ColourTags(),
        sample_aspect=None,
        time_base=Fraction(1, 1_000_000),
        rate=Fraction(25),
    )
