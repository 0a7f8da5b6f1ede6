"""The colour tags of a clip: what they say, and what is assumed where they say nothing."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import av

from upscale.errors import BadInputError
from upscale.video.chroma import Siting
from upscale.video.colour import Colour, Matrix
from upscale.video.layout import PixelLayout

UNSPECIFIED = 2
FULL_RANGE = 2
# AVColorSpace numbers (ITU-T H.273 table 4); 10 is BT.2020 with constant luminance, which no matrix undoes.
_MATRICES: dict[int, Matrix] = {
    0: "rgb",
    1: "bt709",
    4: "fcc",
    5: "bt601",
    6: "bt601",
    7: "smpte240m",
    8: "ycgco",
    9: "bt2020",
}
_NUMBERS: dict[Matrix, int] = {"rgb": 0, "bt709": 1, "fcc": 4, "bt601": 6, "smpte240m": 7, "ycgco": 8, "bt2020": 9}
# Players take untagged video this tall for HD; mpv, VLC and nunif all split near here.
_HD_HEIGHT_PX = 720


@dataclass(frozen=True)
class ColourTags:
    """A stream's colour tags as FFmpeg numbers them (ITU-T H.273); `siting` is None where nothing says it."""

    matrix: int = UNSPECIFIED
    colour_range: int = 0
    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED
    siting: Siting | None = None


def read_tags(frame: av.VideoFrame, siting: Siting | None) -> ColourTags:
    """The tags of a decoded frame, where FFmpeg has joined the container's and the bitstream's."""
    return ColourTags(
        matrix=int(frame.colorspace),
        colour_range=FULL_RANGE if frame.format.name.startswith("yuvj") else int(frame.color_range),
        primaries=int(frame.color_primaries),
        transfer=int(frame.color_trc),
        siting=siting,
    )


def read_siting(stream: av.VideoStream) -> Siting | None:
    """Where chroma sits in a stream, None if it does not say.

    PyAV does not tell it, but Matroska's muxer writes it down: its header for this stream holds the elements
    ChromaSitingHorz (0x55B7: 1 left, 2 half) and ChromaSitingVert (0x55B8: 1 top, 2 half).
    """
    memory = io.BytesIO()
    try:
        with av.open(memory, "w", format="matroska") as probe:
            probe.add_stream_from_template(stream, opaque=True)
            probe.start_encoding()
            header = memory.getvalue()
    except (av.FFmpegError, ValueError):
        return None
    at = header.find(b"\x55\xb7\x81")
    if at < 0 or header[at + 4 : at + 7] != b"\x55\xb8\x81":
        return None
    known: dict[tuple[int, int], Siting] = {(1, 1): "topleft", (1, 2): "left", (2, 1): "top", (2, 2): "center"}
    return known.get((header[at + 3], header[at + 7]))


def assumed_matrix(height: int) -> Matrix:
    """What players assume of untagged video: BT.709 from 720 lines on, else BT.601."""
    return "bt709" if height >= _HD_HEIGHT_PX else "bt601"


def source_colour(tags: ColourTags, layout: PixelLayout, height: int, source: Path) -> Colour:
    """How to read the planes; raises BadInputError for a matrix that is no matrix (ICtCp, constant luminance)."""
    if layout.family == "rgb":
        return Colour("rgb", tags.colour_range != 1)
    full = tags.colour_range == FULL_RANGE
    if tags.matrix in (UNSPECIFIED, 0, 3):
        matrix = assumed_matrix(height)
    elif tags.matrix in _MATRICES:
        matrix = _MATRICES[tags.matrix]
    else:
        raise BadInputError(
            f"{source} uses colour matrix {tags.matrix} of ITU-T H.273, which is not supported; "
            "convert it to BT.709 or BT.2020 (non-constant luminance) first"
        )
    return Colour(matrix, full, tags.siting or _assumed_siting(matrix, full))


def target_colour(source: Colour, layout: PixelLayout, height: int) -> Colour:
    """How to write planes of `layout` from a source of that colour; RGB becomes limited-range YUV and back."""
    if layout.family == "rgb":
        return Colour("rgb", full_range=True)
    if source.matrix == "rgb":
        return Colour(assumed_matrix(height), full_range=False)
    return source


def target_tags(source: ColourTags, colour: Colour) -> ColourTags:
    """The tags to write: the source's, with the matrix named that was used.

    An untagged 480-line clip is read as BT.601; enlarged to 1920 lines and still untagged, players would take
    it for BT.709 and tint it.
    """
    keeps_matrix = _MATRICES.get(source.matrix) == colour.matrix
    colour_range = FULL_RANGE if colour.full_range else min(source.colour_range, 1)
    return ColourTags(
        matrix=source.matrix if keeps_matrix else _NUMBERS[colour.matrix],
        colour_range=colour_range,
        primaries=source.primaries,
        transfer=source.transfer,
        siting=colour.siting,
    )


def siting_name(number: int) -> Siting | None:
    """The name of an AVChromaLocation, None for 0 (unspecified)."""
    return get_args(Siting)[number - 1] if 1 <= number <= 6 else None


def _assumed_siting(matrix: Matrix, full_range: bool) -> Siting:
    """MPEG-2 and later: left. BT.2020 (its table 7, and BT.2100): top left. JPEG's full range: the centre."""
    if matrix == "bt2020":
        return "topleft"
    return "center" if full_range else "left"
