"""What HDR streams say about the display and the light they were made for (SMPTE ST 2086, CTA-861.3)."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import av
from av.sidedata.sidedata import SideData

Chromaticity = tuple[Fraction, Fraction]

# AVMasteringDisplayMetadata (libavutil/mastering_display_metadata.h): x and y of red, green, blue and white, least
# and largest luminance, as pairs of numerator and denominator; then whether the points and the luminance are set.
_MASTERING = struct.Struct("=20i2i")
# AVContentLightMetadata: MaxCLL and MaxFALL.
_LIGHT = struct.Struct("=2I")
# Side data whose curves or layers belong to pictures of the old size and are not written again.
_DYNAMIC = {
    "DOVI_METADATA": "its Dolby Vision layer is not kept",
    "DOVI_RPU_BUFFER": "its Dolby Vision layer is not kept",
    "DYNAMIC_HDR_PLUS": "its HDR10+ metadata is not kept",
    "DYNAMIC_HDR_VIVID": "its HDR Vivid metadata is not kept",
}


@dataclass(frozen=True)
class MasteringDisplay:
    """Primaries and white as CIE 1931 x, y; luminance in cd/m2."""

    red: Chromaticity
    green: Chromaticity
    blue: Chromaticity
    white: Chromaticity
    min_luminance: Fraction
    max_luminance: Fraction


@dataclass(frozen=True)
class ContentLight:
    """The brightest pixel (MaxCLL) and the brightest frame's mean (MaxFALL), in cd/m2."""

    max_content: int
    max_average: int


@dataclass(frozen=True)
class HdrMetadata:
    """Both, where a stream says them."""

    mastering: MasteringDisplay | None = None
    light: ContentLight | None = None


def read_hdr(frame: av.VideoFrame) -> HdrMetadata:
    """What a decoded frame says; FFmpeg's decoders hand on what the container says, too."""
    found = HdrMetadata()
    for name, content in _side_data(frame):
        if name == "MASTERING_DISPLAY_METADATA":
            found = HdrMetadata(_mastering(content), found.light)
        elif name == "CONTENT_LIGHT_LEVEL" and len(content) >= _LIGHT.size:
            found = HdrMetadata(found.mastering, ContentLight(*_LIGHT.unpack_from(content)))
    return found


def hdr_notes(frame: av.VideoFrame) -> list[str]:
    """What a frame carries beyond that, each once: it cannot be kept, since it was made for each picture."""
    return list(dict.fromkeys(_DYNAMIC[name] for name, _ in _side_data(frame) if name in _DYNAMIC))


def _mastering(content: bytes) -> MasteringDisplay | None:
    """None where the points or the luminance are missing, without which no encoder takes it."""
    if len(content) < _MASTERING.size:
        return None
    *numbers, has_points, has_luminance = _MASTERING.unpack_from(content)
    if not (has_points and has_luminance and all(numbers[1::2])):
        return None
    red_x, red_y, green_x, green_y, blue_x, blue_y, white_x, white_y, least, largest = (
        Fraction(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)
    )
    return MasteringDisplay((red_x, red_y), (green_x, green_y), (blue_x, blue_y), (white_x, white_y), least, largest)


def _side_data(frame: av.VideoFrame) -> Iterator[tuple[str, bytes]]:
    """(FFmpeg's name, content) of each piece; PyAV's container is a sequence, whatever its stub says."""
    container = cast("Sequence[SideData]", frame.side_data)
    for index in range(len(container)):
        yield container[index].type.name, bytes(container[index])
