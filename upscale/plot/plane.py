"""The perception-distortion plane (Blau and Michaeli, CVPR 2018): how true pictures are, and how natural they look."""

from collections.abc import Sequence
from typing import Literal

from upscale.plot.chart import Heading, draw_chart
from upscale.plot.lettering import Colour, Pixels
from upscale.plot.series import PALETTE, Panel, Series

# A name, PSNR in dB, NIQE.
Place = tuple[str, float, float]

_PANEL_PX = (440, 760)
_CURVE, _POINTS = PALETTE[0], PALETTE[1]


def draw_plane(points: Sequence[Place], curve: Sequence[Place] = (), heading: Heading | None = None) -> Pixels:
    """Named points, and a curve from place to place in the order given; what has an empty name has none.

    A place with a number that is not finite is left out. Shape: (H, W, 3), RGB.
    """
    panel = Panel(
        "",
        (_series(curve, "both", _CURVE), _series(points, "points", _POINTS)),
        "PSNR in dB (right: closer to the original)",
        "NIQE (down: more natural)",
        snug_x=False,
    )
    return draw_chart([panel], heading or Heading(), columns=1, panel_px=_PANEL_PX)


def _series(places: Sequence[Place], mark: Literal["points", "both"], colour: Colour) -> Series:
    names = tuple(name for name, _, _ in places)
    return Series("", [psnr for _, psnr, _ in places], [niqe for _, _, niqe in places], mark, names, colour)
