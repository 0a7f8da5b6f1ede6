"""What of a clip the network sees, and how it is shown afterwards: turned or not, HDR or not, by which matrix."""

from dataclasses import dataclass, replace
from typing import Literal

from upscale.errors import UsageError
from upscale.video.colour.conversion import Colour
from upscale.video.colour.hdr import HdrMetadata
from upscale.video.colour.layout import PixelLayout, find_layout
from upscale.video.colour.tags import BT709_TAGS, guess_note, matrix_number
from upscale.video.colour.tonemap import ToneMap, hdr_curve, plan_tone_map
from upscale.video.colour.turning import Turn, turn_of
from upscale.video.reading.reader import VideoInfo

Hdr = Literal["keep", "tonemap", "error"]
Rotation = Literal["keep", "apply"]
MatrixWish = Literal["auto", "bt601", "bt709", "bt2020"]


@dataclass(frozen=True)
class Viewing:
    """What the user wants of the picture.

    `matrix` stands in for the clip's own tag; `square_pixels`: see `square.as_shown`.
    """

    hdr: Hdr = "keep"
    rotation: Rotation = "keep"
    matrix: MatrixWish = "auto"
    square_pixels: bool = False


@dataclass(frozen=True)
class View:
    """A clip seen that way. `stored`: as its planes are; `info`: as it is once turned and tone-mapped."""

    stored: VideoInfo
    info: VideoInfo
    viewing: Viewing
    notes: tuple[str, ...] = ()
    turn: Turn | None = None
    tone_map: ToneMap | None = None


def plan_view(stored: VideoInfo, viewing: Viewing) -> View:
    """Settle how a clip is seen. Raises UsageError for HDR with `--hdr error`."""
    view = View(stored, stored, viewing)
    for settle in (_in_matrix, _toned, _turned):
        view = settle(view)
    return view


def _in_matrix(view: View) -> View:
    """The user's matrix in place of the clip's; RGB and gray have none. A guess is said."""
    wish, stored = view.viewing.matrix, view.stored
    if wish == "auto" or stored.layout.family != "yuv":
        note = guess_note(stored.tags, stored.layout, stored.colour, (stored.height, stored.width))
        return replace(view, notes=(*view.notes, note)) if note else view
    told = replace(
        stored,
        colour=replace(stored.colour, matrix=wish),
        tags=replace(stored.tags, matrix=matrix_number(wish, stored.tags)),
    )
    return replace(view, stored=told, info=told)


def _toned(view: View) -> View:
    """HDR made SDR, if it is to be: what follows is tagged and stored as BT.709 is.

    Before the network, not behind it: networks have seen SDR pictures only, in which a step of the code is about a
    step for the eye.
    """
    info = view.info
    curve = hdr_curve(info.tags.transfer)
    if curve is None or view.viewing.hdr == "keep":
        return view
    if view.viewing.hdr == "error":
        raise UsageError(f"{info.source} is HDR ({curve}); --hdr keep keeps it so, --hdr tonemap makes it SDR")
    is_rgb = info.layout.family == "rgb"
    shown = replace(
        info,
        layout=_in_8_bit(info.layout),
        colour=Colour("rgb", full_range=True) if is_rgb else Colour("bt709", full_range=False),
        tags=replace(BT709_TAGS, matrix=0, colour_range=2) if is_rgb else BT709_TAGS,
        hdr=HdrMetadata(),
    )
    tone_map = plan_tone_map(curve, info.hdr)
    note = f"its {curve} HDR of up to {tone_map.peak:g} cd/m2 is mapped to SDR (BT.709)"
    return replace(view, info=shown, tone_map=tone_map, notes=(*view.notes, note))


def _turned(view: View) -> View:
    """The pixels turned as the clip's matrix says, if they are to be."""
    info = view.info
    if info.display_matrix is None or view.viewing.rotation == "keep":
        return view
    turn = turn_of(info.display_matrix)
    if turn is None:
        note = "its display matrix is no turn by quarters; it is kept instead of applied"
        return replace(view, notes=(*view.notes, note))
    height, width = turn.size(info.height, info.width)
    aspect = 1 / info.sample_aspect if info.sample_aspect and turn.transposed else info.sample_aspect
    shown = replace(info, height=height, width=width, sample_aspect=aspect, display_matrix=None)
    return replace(view, info=shown, turn=turn)


def _in_8_bit(layout: PixelLayout) -> PixelLayout:
    """The planar format of 8 bits with the same components."""
    alpha = "a" if layout.has_alpha else ""
    if layout.family == "gray":
        name = "ya8" if alpha else "gray"
    elif layout.family == "rgb":
        name = f"gbr{alpha}p"
    else:
        subsampling = {(1, 1): "420", (1, 0): "422", (0, 1): "440", (2, 0): "411", (2, 2): "410"}
        name = f"yuv{alpha}{subsampling.get((layout.log2_width, layout.log2_height), '444')}p"
    return find_layout(name) or layout
