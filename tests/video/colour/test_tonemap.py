from fractions import Fraction

import numpy as np
import pytest
import torch

from upscale.video.colour.hdr import ContentLight, HdrMetadata, MasteringDisplay
from upscale.video.colour.tonemap import (
    Curve,
    ToneMap,
    eetf,
    hdr_curve,
    hlg_to_scene,
    light_to_pq,
    plan_tone_map,
    pq_to_light,
)

POINT = (Fraction(1, 3), Fraction(1, 3))


def mapped(tone_map: ToneMap, *rgb: float) -> list[float]:
    picture = torch.tensor(rgb).view(3, 1, 1).expand(3, 4, 5).contiguous()
    result = tone_map.apply(picture)
    assert result.shape == picture.shape
    return [float(level) for level in result[:, 0, 0]]


# Codes of light in BT.2408-7, tables 1 and 2, and SMPTE ST 2084.
@pytest.mark.parametrize(("light", "code"), [(0.0, 0.0), (100, 0.5081), (203, 0.5807), (1000, 0.7518), (10_000, 1.0)])
def test_pq_is_the_published_curve(light: float, code: float) -> None:
    assert light_to_pq(np.array(light)) == pytest.approx(code, abs=1e-4)
    assert pq_to_light(np.array(code)) == pytest.approx(light, rel=2e-3, abs=1e-3)


# BT.2100: half of the code is 1/12 of the scene's light; BT.2408: reference white, at 75 %, is 26.5 % of it.
@pytest.mark.parametrize(("code", "light"), [(0.0, 0.0), (0.5, 1 / 12), (0.75, 0.265), (1.0, 1.0)])
def test_hlg_is_the_published_curve(code: float, light: float) -> None:
    assert hlg_to_scene(np.array(code)) == pytest.approx(light, abs=1e-3)


def test_the_eetf_leaves_the_dark_alone_and_ends_at_white() -> None:
    codes = np.linspace(0, 0.75, 400)
    brought = eetf(codes, 0.58, 0.75)
    assert (np.diff(brought) > -1e-12).all()
    np.testing.assert_allclose(brought[:250], codes[:250])
    assert brought[-1] == pytest.approx(0.58) and brought.max() <= 0.58 + 1e-12
    assert np.abs(np.diff(brought, 2)).max() < 1e-4  # no kink at the knee


@pytest.mark.parametrize("curve", ["PQ", "HLG"])
def test_gray_stays_gray_and_rises(curve: Curve) -> None:
    tone_map = ToneMap(curve, 1000.0)
    levels = [mapped(tone_map, code, code, code) for code in np.linspace(0, 1, 30)]
    assert max(max(level) - min(level) for level in levels) < 2e-3
    grays = [level[1] for level in levels]
    assert grays == sorted(grays) and grays[0] == 0 and grays[-1] == pytest.approx(1, abs=1e-3)


def test_dark_light_is_shown_as_it_is() -> None:
    """20 cd/m2 lie below the knee: on a BT.1886 display whose white is 203 cd/m2 they are 20 cd/m2 again."""
    code = float(light_to_pq(np.array(20.0)))
    shown = mapped(ToneMap("PQ", 1000.0), code, code, code)[1]
    assert 203 * shown**2.4 == pytest.approx(20, rel=0.01)


def test_both_curves_agree_about_the_same_light() -> None:
    """Gray of 50 cd/m2, coded by each."""
    pq = float(light_to_pq(np.array(50.0)))
    codes = np.linspace(0, 1, 100_001)
    hlg = float(codes[np.searchsorted(1000 * hlg_to_scene(codes) ** 1.2, 50.0)])
    assert mapped(ToneMap("PQ", 1000.0), pq, pq, pq) == pytest.approx(
        mapped(ToneMap("HLG", 1000.0), hlg, hlg, hlg), abs=2e-3
    )


@pytest.mark.parametrize("curve", ["PQ", "HLG"])
def test_everything_lands_between_0_and_1(curve: Curve) -> None:
    wild = torch.rand(3, 40, 40) * 1.6 - 0.3
    result = ToneMap(curve, 600.0).apply(wild)
    assert result.isfinite().all() and result.min() >= 0 and result.max() <= 1


def test_bt709_primaries_inside_bt2020_come_out_pure() -> None:
    """The matrix is the one that follows from both recommendations' chromaticities."""
    from upscale.video.colour.tonemap import _BT2020_TO_BT709

    def to_xyz(points: list[tuple[float, float]]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        columns = np.array([(x / y, 1.0, (1 - x - y) / y) for x, y in points]).T
        return columns * np.linalg.solve(columns, np.array([0.3127 / 0.3290, 1.0, (1 - 0.3127 - 0.3290) / 0.3290]))

    wide = to_xyz([(0.708, 0.292), (0.170, 0.797), (0.131, 0.046)])
    narrow = to_xyz([(0.640, 0.330), (0.300, 0.600), (0.150, 0.060)])
    np.testing.assert_allclose(np.array(_BT2020_TO_BT709), np.linalg.inv(narrow) @ wide, atol=1e-4)


def test_the_peak_is_what_the_clip_promises() -> None:
    display = MasteringDisplay(POINT, POINT, POINT, POINT, Fraction(0), Fraction(4000))
    assert plan_tone_map("PQ", HdrMetadata(display, ContentLight(1100, 180))).peak == 1100
    assert plan_tone_map("PQ", HdrMetadata(display, ContentLight(0, 0))).peak == 4000
    assert plan_tone_map("PQ", HdrMetadata()).peak == 1000
    assert plan_tone_map("HLG", HdrMetadata(display)).peak == 1000
    # What is no brighter than SDR's white is not brought down.
    assert plan_tone_map("PQ", HdrMetadata(None, ContentLight(90, 20))).peak == 203


def test_only_pq_and_hlg_are_hdr() -> None:
    assert [number for number in range(20) if hdr_curve(number)] == [16, 18]
