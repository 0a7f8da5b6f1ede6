"""HDR to SDR: PQ and HLG of ITU-R BT.2100 to what a BT.709 display of 100 cd/m2 shows.

Light is made linear, its peak brought down by the EETF of ITU-R BT.2390, its primaries changed, and the result
written for the display of ITU-R BT.1886. White is at 203 cd/m2, the level of ITU-R BT.2408 (its table 1) for HDR.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from upscale.video.colour.hdr import HdrMetadata

Curve = Literal["PQ", "HLG"]
Curved: TypeAlias = NDArray[np.float64]

# ITU-T H.273, table 3: SMPTE ST 2084 and ARIB STD-B67.
_CURVES: dict[int, Curve] = {16: "PQ", 18: "HLG"}
# BT.2100-2, table 4: the constants of PQ.
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
_PQ_PEAK = 10_000.0
# BT.2100-2, table 5: the constants of HLG, and the system gamma of a display of 1000 cd/m2.
_A, _B, _C = 0.17883277, 0.28466892, 0.55991073
_HLG_PEAK, _HLG_GAMMA = 1000.0, 1.2
# BT.2020-2, table 4.
_LUMA_2020 = (0.2627, 0.6780, 0.0593)
_SDR_WHITE = 203.0
# What is mastered without a word about it is mostly mastered on a display of 1000 cd/m2 (BT.2408-7, annex 1).
_USUAL_PEAK = 1000.0
# BT.1886, annex 1, for a display whose black is dark.
_GAMMA = 2.4
# Linear RGB of BT.2020 to linear RGB of BT.709: ITU-R BT.2407-0, section 2, equation 3.
_BT2020_TO_BT709 = ((1.6605, -0.5876, -0.0728), (-0.1246, 1.1329, -0.0083), (-0.0182, -0.1006, 1.1187))


# Entries of a table in place of a curve: far finer than the 8 bits that come out.
_ENTRIES = 1 << 16


@dataclass(frozen=True)
class ToneMap:
    """How a clip's light is brought down; `peak` is its brightest, in cd/m2."""

    curve: Curve
    peak: float

    def apply(self, rgb: Tensor) -> Tensor:
        """BT.2020 PQ or HLG to BT.709 SDR. Shape: (3, H, W), float, nominally [0, 1] -> the same, [0, 1].

        The largest of R, G and B goes through the EETF and the others keep their ratio to it: no colour changes its
        hue, and none exceeds white (BT.2390-10, section 5.4.1).
        """
        tables = _tables(self, rgb.device)
        light = _looked_up(tables.light, rgb)
        if self.curve == "HLG":
            red, green, blue = _LUMA_2020
            luminance = (light[0] * red).add_(light[1], alpha=green).add_(light[2], alpha=blue)
            light.mul_(_looked_up(tables.system, luminance.sqrt_()))
        brightest = light.amax(0).mul_(1 / self.peak)
        light.mul_(_looked_up(tables.gain, brightest.sqrt_()))
        weights = torch.tensor(_BT2020_TO_BT709, device=rgb.device)
        narrow = torch.mm(weights, light.flatten(1)).view_as(light)
        return _looked_up(tables.code, narrow.clamp_(min=0).sqrt_())


@dataclass(frozen=True)
class _Tables:
    """Curves at equal steps from 0 to 1. Of light they go by its square root, which is finer where it is dark.

    `light`: of codes, PQ's in cd/m2, HLG's of the scene. `system`: what makes a scene's light a display's, cd/m2, of
    its luminance. `gain`: what brings light down to multiples of SDR white, of the brightest component's share of
    the peak. `code`: BT.1886's codes of light.
    """

    light: Tensor
    system: Tensor
    gain: Tensor
    code: Tensor


def hdr_curve(transfer: int) -> Curve | None:
    """The HDR curve of an H.273 transfer, None for SDR."""
    return _CURVES.get(transfer)


def plan_tone_map(curve: Curve, hdr: HdrMetadata) -> ToneMap:
    """The brightest light that a clip promises: MaxCLL, else its mastering display's, else the usual."""
    if curve == "HLG":
        return ToneMap(curve, _HLG_PEAK)
    peak = float(hdr.light.max_content) if hdr.light else 0.0
    if not peak and hdr.mastering is not None:
        peak = float(hdr.mastering.max_luminance)
    return ToneMap(curve, min(max(peak or _USUAL_PEAK, _SDR_WHITE), _PQ_PEAK))


@lru_cache(maxsize=4)
def _tables(tone_map: ToneMap, device: torch.device) -> _Tables:
    steps = np.linspace(0, 1, _ENTRIES)
    brightest = np.maximum(steps**2, steps[1] ** 2) * tone_map.peak
    white, peak = light_to_pq(np.array([_SDR_WHITE, tone_map.peak])).tolist()
    codes = eetf(light_to_pq(brightest), white, peak)
    curves = (
        pq_to_light(steps) if tone_map.curve == "PQ" else hlg_to_scene(steps),
        _HLG_PEAK * steps ** (2 * (_HLG_GAMMA - 1)),
        pq_to_light(codes) / brightest / _SDR_WHITE,
        steps ** (2 / _GAMMA),
    )
    return _Tables(*(torch.from_numpy(curve).to(device, torch.float32) for curve in curves))


def _looked_up(table: Tensor, places: Tensor) -> Tensor:
    """The entries nearest to places from 0 to 1; beyond, the last."""
    last = len(table) - 1
    index = (places * last).add_(0.5).clamp_(0, last).to(torch.int32)
    return table.index_select(0, index.flatten()).view_as(places)


def pq_to_light(codes: Curved) -> Curved:
    """PQ's EOTF (BT.2100-2, table 4): codes to cd/m2."""
    root = codes ** (1 / _M2)
    light: Curved = _PQ_PEAK * (np.maximum(root - _C1, 0) / (_C2 - _C3 * root)) ** (1 / _M1)
    return light


def light_to_pq(light: Curved) -> Curved:
    """Its inverse."""
    power = (light / _PQ_PEAK) ** _M1
    codes: Curved = ((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2
    return codes


def hlg_to_scene(codes: Curved) -> Curved:
    """HLG's inverse OETF (BT.2100-2, table 5): codes to light of the scene, 0 to 1."""
    return np.where(codes <= 0.5, codes**2 / 3, (np.exp((codes - _C) / _A) + _B) / 12)


def eetf(codes: Curved, white: float, peak: float) -> Curved:
    """PQ codes up to `peak` to codes up to `white`: as they are up to a knee, then a Hermite spline (BT.2390-10)."""
    ceiling = white / peak
    knee = 1.5 * ceiling - 0.5
    if ceiling >= 1:
        return codes
    relative = codes / peak
    t = np.maximum(relative - knee, 0) / (1 - knee)
    spline = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (3 * t**2 - 2 * t**3) * ceiling
    return np.where(relative < knee, relative, spline) * peak
