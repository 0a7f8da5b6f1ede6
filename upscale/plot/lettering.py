"""Words in pictures: anti-aliased, in most scripts, with no font of the system's."""

from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]
Pixels = NDArray[np.uint8]

BLACK: Colour = (34, 34, 34)
GRAY: Colour = (102, 102, 102)

# In units of the letters' size: a line's height and its baseline leave room for accents and descenders.
_LINE, _BASELINE, _CAPITAL = 1.6, 1.2, 0.7
_REGULAR = 400
# How much a bold letter covers beside the regular one.
_BOLD = 0.75
# Hershey's letters are drawn so much larger, and reduced.
_FINER = 4


@dataclass(frozen=True)
class Ink:
    """How letters look; `size_px` is the height of a line without its spacing."""

    size_px: int = 14
    colour: Colour = BLACK
    bold: bool = False

    @property
    def line_px(self) -> int:
        """From one line to the next."""
        return round(_LINE * self.size_px)


def write(
    pixels: Pixels, text: str, at: tuple[float, float], ink: Ink, *, anchor: Literal["left", "middle", "right"] = "left"
) -> None:
    """Write one line into `pixels`, (H, W, 3) RGB; what lies outside is cut off.

    `at` is (x, y): the text's left end, middle or right end, and the middle of its capital letters.
    """
    letters = _letters(text, ink)
    left = at[0] - letters.shape[1] * {"left": 0.0, "middle": 0.5, "right": 1.0}[anchor]
    top = at[1] - (_BASELINE - _CAPITAL / 2) * ink.size_px
    _blend(pixels, letters, round(left), round(top), ink.colour)


def write_upwards(pixels: Pixels, text: str, at: tuple[float, float], ink: Ink) -> None:
    """The same, turned to read from the bottom to the top; `at` is the middle."""
    letters = np.rot90(_letters(text, ink))
    left = at[0] - (_BASELINE - _CAPITAL / 2) * ink.size_px
    _blend(pixels, letters, round(left), round(at[1] - letters.shape[0] / 2), ink.colour)


def width_of(text: str, ink: Ink) -> int:
    """What `write` needs, in pixels."""
    return int(_letters(text, ink).shape[1])


def shortened(text: str, width_px: int, ink: Ink) -> str:
    """The text, its middle left out where it would be wider than that: names differ at their ends."""
    kept = len(text)
    while kept > 0:
        short = text if kept == len(text) else f"{text[: (kept + 1) // 2]}...{text[len(text) - kept // 2 :]}"
        if width_of(short, ink) <= width_px:
            return short
        kept -= 1
    return ""


def wrapped(text: str, width_px: int, ink: Ink, *, most: int) -> list[str]:
    """The text in lines of at most that width, `most` of them; the last is shortened if need be."""
    lines: list[str] = []
    words = text.split()
    while words and len(lines) < most - 1:
        count = len(words)
        while count > 1 and width_of(" ".join(words[:count]), ink) > width_px:
            count -= 1
        lines.append(shortened(" ".join(words[:count]), width_px, ink))
        words = words[count:]
    return [*lines, shortened(" ".join(words), width_px, ink)] if words else lines


def _letters(text: str, ink: Ink) -> Pixels:
    """How much of each pixel is ink, 0 to 255. Shape: (line height, width)."""
    # Names of files may hold control characters and halves of surrogate pairs; on the latter OpenCV 5 crashes.
    text = "".join(sign if sign.isprintable() else "?" for sign in text)
    return _outlined(text, ink) if hasattr(cv2, "FontFace") else _stroked(text, ink)


def _outlined(text: str, ink: Ink) -> Pixels:
    """With a font that OpenCV 5 brings: the one whose zeros are not crossed out."""
    library: Any = cv2  # its stubs know no fonts
    font = library.FontFace("uni")
    _, _, width, _ = library.getTextSize((0, 0), text, (0, 0), font, ink.size_px, _REGULAR)
    letters = np.zeros((ink.line_px, width + 1), np.uint8)
    if text.strip():
        library.putText(letters, text, (0, round(_BASELINE * ink.size_px)), 255, font, ink.size_px, _REGULAR)
    if ink.bold:  # of which that font has none
        letters[:, 1:] = np.maximum(letters[:, 1:], (letters[:, :-1] * _BOLD).astype(np.uint8))
    return letters


def _stroked(text: str, ink: Ink) -> Pixels:
    """With the strokes of older ones, which know no more than ASCII."""
    text = text.encode("ascii", "replace").decode()
    thick = _FINER * (2 if ink.bold else 1) + 1
    capital = round(_FINER * _CAPITAL * ink.size_px)
    size = cv2.getFontScaleFromHeight(cv2.FONT_HERSHEY_SIMPLEX, capital, thick)
    (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, thick)
    letters = np.zeros((_FINER * ink.line_px, _FINER * -(-width // _FINER)), np.uint8)
    if not letters.size:
        return np.zeros((ink.line_px, 0), np.uint8)
    at = (0, round(_FINER * _BASELINE * ink.size_px))
    cv2.putText(letters, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, [255], thick, cv2.LINE_AA)
    reduced: Any = cv2.resize(letters, None, fx=1 / _FINER, fy=1 / _FINER, interpolation=cv2.INTER_AREA)
    return np.asarray(reduced, np.uint8)


def _blend(pixels: Pixels, letters: Pixels, left: int, top: int, colour: Colour) -> None:
    """Put ink on the pixels that it covers, as far as there are any."""
    height, width = pixels.shape[:2]
    seen = letters[max(0, -top) : max(0, height - top), max(0, -left) : max(0, width - left)]
    if not seen.size:
        return
    top, left = max(0, top), max(0, left)
    under = pixels[top : top + seen.shape[0], left : left + seen.shape[1]]
    share = seen[..., None].astype(np.float32) / 255
    under[:] = np.rint(under * (1 - share) + np.array(colour, np.float32) * share).astype(np.uint8)
