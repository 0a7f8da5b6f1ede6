"""Mastering display and light level in each encoder's own words; no other way brings them into a stream."""

from fractions import Fraction
from typing import Literal

from upscale.video.colour.hdr import Chromaticity, ContentLight, HdrMetadata, MasteringDisplay

Dialect = Literal["x264", "x265", "svtav1"]

# SMPTE ST 2086 as H.265 (D.2.28) and H.264 count it: chromaticity in 1/50000, luminance in 1/10000 cd/m2.
_CHROMATICITY_UNIT = 50_000
_LUMINANCE_UNIT = 10_000


def hdr_params(hdr: HdrMetadata, dialect: Dialect) -> list[str]:
    """`key=value` words for an encoder's own list of options; none where the source says nothing."""
    words = []
    if hdr.mastering is not None:
        name = "master-display" if dialect == "x265" else "mastering-display"
        words.append(f"{name}={_mastering(hdr.mastering, in_units=dialect != 'svtav1')}")
    if hdr.light is not None:
        name = {"x264": "cll", "x265": "max-cll", "svtav1": "content-light"}[dialect]
        words.append(f"{name}={_light(hdr.light)}")
    return words


def _mastering(display: MasteringDisplay, *, in_units: bool) -> str:
    """Green, blue, red, white, and luminance from the brightest to the darkest, as all three take them."""
    points = {"G": display.green, "B": display.blue, "R": display.red, "WP": display.white}
    shown = "".join(f"{name}({_point(point, in_units)})" for name, point in points.items())
    brightest = _number(display.max_luminance, _LUMINANCE_UNIT, in_units)
    return f"{shown}L({brightest},{_number(display.min_luminance, _LUMINANCE_UNIT, in_units)})"


def _point(point: Chromaticity, in_units: bool) -> str:
    return ",".join(_number(value, _CHROMATICITY_UNIT, in_units) for value in point)


def _number(value: Fraction, unit: int, in_units: bool) -> str:
    return str(round(value * unit)) if in_units else f"{float(value):.6f}"


def _light(light: ContentLight) -> str:
    return f"{light.max_content},{light.max_average}"
