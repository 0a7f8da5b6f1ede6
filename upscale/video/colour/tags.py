"""The colour tags of a clip: what they say, and what is assumed where they say nothing."""

import io
from dataclasses import dataclass, replace
from pathlib import Path

import av

from upscale.errors import BadInputError
from upscale.video.colour.chroma import Siting
from upscale.video.colour.conversion import Colour, Matrix
from upscale.video.colour.layout import PixelLayout

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
# HD begins with 720 lines of 1280 (SMPTE ST 296), and with it BT.709; wide films show fewer lines of them.
_HD_HEIGHT_PX, _HD_WIDTH_PX = 720, 1280
# The most that BT.601 has. Players disagree about what lies between.
_SD_HEIGHT_PX = 576


@dataclass(frozen=True)
class ColourTags:
    """A stream's colour tags as FFmpeg numbers them (ITU-T H.273); `siting` is None where nothing says it."""

    matrix: int = UNSPECIFIED
    colour_range: int = 0
    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED
    siting: Siting | None = None


# BT.709 throughout, limited range.
BT709_TAGS = ColourTags(matrix=1, colour_range=1, primaries=1, transfer=1)


def matrix_number(matrix: Matrix, tags: ColourTags) -> int:
    """A matrix's number in ITU-T H.273, the clip's own where that means the same."""
    return tags.matrix if _MATRICES.get(tags.matrix) == matrix else _NUMBERS[matrix]


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


def assumed_matrix(height: int, width: int) -> Matrix:
    """What is assumed of untagged video: BT.709 for HD, else BT.601."""
    return "bt709" if height >= _HD_HEIGHT_PX or width >= _HD_WIDTH_PX else "bt601"


def _is_assumed(matrix: Matrix, height: int, width: int) -> bool:
    """Whether every player takes untagged video of that size for this matrix."""
    if matrix == "bt709":
        return height >= _HD_HEIGHT_PX
    return matrix == "bt601" and height <= _SD_HEIGHT_PX and width < _HD_WIDTH_PX


def guess_note(tags: ColourTags, layout: PixelLayout, colour: Colour, size_px: tuple[int, int]) -> str | None:
    """What was assumed of a clip that is (height, width) large and does not say it; None where it does."""
    if layout.family != "yuv" or not is_guessed(tags):
        return None
    why = "its other tags" if colour.matrix == "bt2020" else f"its size of {size_px[1]}x{size_px[0]}"
    return f"its colour matrix is not tagged; {colour.matrix} is assumed from {why}"


def is_guessed(tags: ColourTags) -> bool:
    """Whether the tags name no matrix for YUV: RGB's (0), unspecified (2), reserved (3)."""
    return tags.matrix in (0, UNSPECIFIED, 3)


def source_colour(tags: ColourTags, layout: PixelLayout, size_px: tuple[int, int], source: Path) -> Colour:
    """How to read the planes of a clip that is (height, width) large.

    Raises BadInputError for a matrix that is none (ICtCp, constant luminance).
    """
    if layout.family == "rgb":
        return Colour("rgb", tags.colour_range != 1)
    full = tags.colour_range == FULL_RANGE
    if is_guessed(tags):
        matrix = "bt2020" if _is_wide(tags) else assumed_matrix(*size_px)
    elif tags.matrix in _MATRICES:
        matrix = _MATRICES[tags.matrix]
    else:
        raise BadInputError(
            f"{source} uses colour matrix {tags.matrix} of ITU-T H.273, which is not supported; "
            "convert it to BT.709 or BT.2020 (non-constant luminance) first"
        )
    return Colour(matrix, full, tags.siting or _assumed_siting(matrix, full))


def target_colour(source: Colour, layout: PixelLayout, size_px: tuple[int, int]) -> Colour:
    """How to write planes of `layout`, (height, width) large, from a source of that colour, be it RGB or YUV."""
    if layout.family == "rgb":
        return source if source.matrix == "rgb" else Colour("rgb", full_range=True)
    if source.matrix == "rgb":
        return Colour(assumed_matrix(*size_px), full_range=False)
    # Nothing but 4:2:0 can say where its chroma sits; readers then take it for left.
    is_420 = (layout.log2_width, layout.log2_height) == (1, 1)
    return source if is_420 else replace(source, siting="left")


def target_tags(source: ColourTags, colour: Colour, size_px: tuple[int, int]) -> ColourTags:
    """The tags to write for a result of (height, width): the source's, and the matrix where it is not plain.

    An untagged 480-line clip is read as BT.601; enlarged to 1920 lines and still untagged, players would take
    it for BT.709 and tint it.
    """
    goes_unsaid = source.matrix == UNSPECIFIED and _is_assumed(colour.matrix, *size_px)
    colour_range = FULL_RANGE if colour.full_range else min(source.colour_range, 1)
    return ColourTags(
        matrix=UNSPECIFIED if goes_unsaid else matrix_number(colour.matrix, source),
        colour_range=colour_range,
        primaries=source.primaries,
        transfer=source.transfer,
        siting=colour.siting,
    )


def _is_wide(tags: ColourTags) -> bool:
    """Whether primaries or transfer are those of BT.2020 or BT.2100, which have one matrix."""
    return tags.primaries == 9 or tags.transfer in (14, 15, 16, 18)


def _assumed_siting(matrix: Matrix, full_range: bool) -> Siting:
    """MPEG-2 and later: left. BT.2020 (its table 7, and BT.2100): top left. JPEG's full range: the centre."""
    if matrix == "bt2020":
        return "topleft"
    return "center" if full_range else "left"
