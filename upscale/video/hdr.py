"""What HDR streams say about the display and the light they were made for (SMPTE ST 2086, CTA-861.3)."""

from dataclasses import dataclass
from fractions import Fraction

Chromaticity = tuple[Fraction, Fraction]


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
