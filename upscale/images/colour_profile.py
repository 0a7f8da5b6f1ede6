"""ICC profiles for pictures that say in other words what their numbers mean."""

import struct
from collections.abc import Mapping
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

LINEAR = ("exr", "hdr")
"""Formats whose numbers are proportional to light, with the primaries of BT.709 unless they say otherwise."""

# The primaries of BT.709 and its white, adapted to D50 by Bradford's matrix, as in every sRGB profile.
_D50 = (0.9642, 1.0, 0.8249)
_PRIMARIES = {
    b"rXYZ": (0.4360, 0.2225, 0.0139),
    b"gXYZ": (0.3851, 0.7169, 0.0971),
    b"bXYZ": (0.1431, 0.0606, 0.7141),
}
# Three primaries are D50 together: hardly a number of one is above 1, unless they lie almost on one line.
_LARGEST = 2.0
_IDENTITY = b"curv" + bytes(8)


def linear_srgb() -> bytes:
    """A profile for RGB proportional to light (ICC.1:2001-04, 6.3.1: matrix and tone curves)."""
    return _matrix_profile(b"Linear sRGB\0", _PRIMARIES, _IDENTITY)


@dataclass(frozen=True)
class Chromaticities:
    """CIE 1931 x and y of white and of the primaries."""

    white_x: float
    white_y: float
    red_x: float
    red_y: float
    green_x: float
    green_y: float
    blue_x: float
    blue_y: float

    @property
    def span_colours(self) -> bool:
        """Whether white can be mixed from the primaries; it cannot of those on one line, or without light."""
        try:
            with np.errstate(all="ignore"):
                columns, amounts = _adapted(self), np.linalg.solve(*_light(self))
        except np.linalg.LinAlgError:
            return False
        return bool((amounts > 0).all() and np.isfinite(columns).all() and np.abs(columns).max() < _LARGEST)


def gamma_profile(gamma: float, colours: Chromaticities | None) -> bytes:
    """A profile for light = number ** gamma, of RGB with these primaries, or with None of gray."""
    # u8Fixed8Number: ICC.1:2001-04, 6.5.3.
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, min(max(round(gamma * 256), 1), 2**16 - 1))
    name = b"Gamma %.4g\0" % gamma
    if colours is None:
        return _profile(_described(name) | {b"kTRC": curve}, b"GRAY")
    columns = _adapted(colours).T.tolist()
    primaries = {tag: (x, y, z) for tag, (x, y, z) in zip(_PRIMARIES, columns, strict=True)}
    return _matrix_profile(name, primaries, curve)


def _light(colours: Chromaticities) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """XYZ of the primaries, as columns of any length, and of white, of which Y is 1."""
    points = np.array(astuple(colours)).reshape(4, 2)
    xyz = np.column_stack([points, 1 - points.sum(axis=1)]).T
    return xyz[:, 1:], xyz[:, 0] / points[0, 1]


def _adapted(colours: Chromaticities) -> NDArray[np.float64]:
    """The primaries' XYZ as columns, their sum being D50 (SMPTE RP 177; Bradford's cone matrix, ICC.1, annex E)."""
    bradford = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    primaries, white = _light(colours)
    scaled = primaries * np.linalg.solve(primaries, white)
    cones = (bradford @ np.array(_D50)) / (bradford @ white)
    adapted: NDArray[np.float64] = np.linalg.inv(bradford) @ np.diag(cones) @ bradford @ scaled
    return adapted


def _matrix_profile(name: bytes, primaries: Mapping[bytes, tuple[float, float, float]], curve: bytes) -> bytes:
    tags = {tag: _xyz(colour) for tag, colour in primaries.items()}
    return _profile(_described(name) | tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve), b"RGB ")


def _described(name: bytes) -> dict[bytes, bytes]:
    """What every profile has. `name` ends in a zero."""
    return {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", len(name)) + name + bytes(78),
        b"cprt": b"text" + bytes(4) + b"CC0\0",
        b"wtpt": _xyz(_D50),
    }


def _xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _profile(tags: dict[bytes, bytes], space: bytes) -> bytes:
    """Header, table of tags, and their contents, each at a multiple of four."""
    start, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for tag, content in tags.items():
        table += tag + struct.pack(">2I", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    header = struct.pack(">I4sI4s4s4s", start + len(body), bytes(4), 0x02400000, b"mntr", space, b"XYZ ")
    header += struct.pack(">6H4s", 2020, 1, 1, 0, 0, 0, b"acsp") + bytes(28) + _xyz(_D50)[8:] + bytes(48)
    return header + struct.pack(">I", len(tags)) + table + body
