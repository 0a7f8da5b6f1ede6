"""The colour tags of a clip: what they say, and what is assumed where they say nothing."""

import io
from dataclasses import dataclass, replace
from pathlib import Path

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
_NUMBERS: dict[Matrix, int] = {
    "rgb": 0,
    "bt709": 1,
    "fcc": 4,
    "bt601": 6,
    "smpte240m": 7,
    "ycgco": 8,
    "bt2020": 9,
}
# HD begins with 720 lines (SMPTE ST 296), and with it BT.709.
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
    known: dict[tuple[int, int], Siting] = {
        (1, 1): "topleft",
        (1, 2): "left",
        (2, 1): "top",
        (2, 2): "center",
    }
    return known.get((header[at + 3], header[at + 7]))


def assumed_matrix(height: int) -> Matrix:
    """What players assume of untagged video: BT.709 from 720 lines on, else BT.601."""
    return "bt709" if height >= _HD_HEIGHT_PX else "bt601"


def is_guessed(tags: ColourTags) -> bool:
    """Whether the tags name no matrix for YUV: RGB's (0), unspecified (2), reserved (3)."""
    return tags.matrix in (0, UNSPECIFIED, 3)


def source_colour(tags: ColourTags, layout: PixelLayout, height: int, source: Path) -> Colour:
    """How to read the planes; BadInputError for a matrix that is none (ICtCp, constant luminance)."""
    if layout.family == "rgb":
        return Colour("rgb", tags.colour_range != 1)
    full = tags.colour_range == FULL_RANGE
    if is_guessed(tags):
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
    """How to write planes of `layout` from a source of that colour, where RGB meets YUV too."""
    if layout.family == "rgb":
        return Colour("rgb", full_range=True)
    if source.matrix == "rgb":
        return Colour(assumed_matrix(height), full_range=False)
    # Nothing but 4:2:0 can say where its chroma sits; readers then take it for left.
    is_420 = (layout.log2_width, layout.log2_height) == (1, 1)
    return source if is_420 else replace(source, siting="left")


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


def _assumed_siting(matrix: Matrix, full_range: bool) -> Siting:
    """MPEG-2 and later: left. BT.2020 (its table 7, and BT.2100): top left. JPEG's full range: the centre."""
    if matrix == "bt2020":
        return "topleft"
    return "center" if full_range else "left"
