"""Words appear where they are put, in any script, and no text ends the process."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upscale.plot import lettering
from upscale.plot.lettering import Ink, shortened, width_of, wrapped, write, write_upwards

INK = Ink(14, (0, 0, 0))


def paper() -> np.ndarray:
    return np.full((40, 240, 3), 255, np.uint8)


def extent(pixels: np.ndarray) -> tuple[int, int, int, int]:
    """Top, bottom, left, right of what is not white."""
    rows, columns = np.flatnonzero((pixels < 255).any((1, 2))), np.flatnonzero((pixels < 255).any((0, 2)))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])


@pytest.mark.parametrize("text", ["PSNR 24.5 dB", "Größe", "Ёж", "λ → ∞", "漢字", "עברית", "हिन्दी", "😀"])
def test_any_script_leaves_ink(text: str) -> None:
    pixels = paper()
    write(pixels, text, (10, 20), INK)
    assert (pixels < 128).any()


@given(st.text(st.characters(codec=None), max_size=30), st.integers(-300, 300), st.integers(-60, 60))
def test_no_text_and_no_place_is_too_much(text: str, x: int, y: int) -> None:
    """Halves of surrogate pairs, as names of files have them, crash OpenCV."""
    write(paper(), text, (x, y), INK)
    write_upwards(paper(), text, (x, y), INK)


@pytest.mark.parametrize("text", ["\udce9.png", "a\nb", "\x00", "\x7f", "\u2028"])
def test_what_has_no_shape_shows_as_a_question_mark(text: str) -> None:
    strange, plain = paper(), paper()
    write(strange, text, (10, 20), INK)
    write(plain, "".join(sign if sign.isprintable() else "?" for sign in text), (10, 20), INK)
    assert np.array_equal(strange, plain) and (strange < 255).any()


def test_anchors_and_the_middle_of_capitals() -> None:
    places = {}
    for anchor in ("left", "middle", "right"):
        pixels = paper()
        write(pixels, "HOH", (120, 20), INK, anchor=anchor)  # type: ignore[arg-type]
        places[anchor] = extent(pixels)
    width = width_of("HOH", INK)
    assert places["left"][2] >= 120 and places["right"][3] <= 120
    assert abs(places["middle"][2] + places["middle"][3] - 240) <= 4
    assert places["left"][2] - places["right"][2] == width
    top, bottom, *_ = places["left"]
    assert abs((top + bottom) / 2 - 20) <= 1


def test_upwards_is_the_same_ink_turned() -> None:
    level, turned = np.full((80, 80, 3), 255, np.uint8), np.full((80, 80, 3), 255, np.uint8)
    write(level, "NIQE", (40, 40), INK, anchor="middle")
    write_upwards(turned, "NIQE", (40, 40), INK)
    top, bottom, left, right = extent(level)
    turned_top, turned_bottom, turned_left, turned_right = extent(turned)
    assert (turned_bottom - turned_top, turned_right - turned_left) == (right - left, bottom - top)


def test_the_strokes_of_older_libraries_serve_too() -> None:
    letters = lettering._stroked("PSNR 24.5 ö", INK)
    assert letters.shape[0] == INK.line_px and (letters > 128).any()
    assert lettering._stroked("", INK).shape == (INK.line_px, 0)


@given(st.text(max_size=60), st.integers(0, 300))
def test_shortened_fits_and_keeps_both_ends(text: str, width: int) -> None:
    short = shortened(text, width, INK)
    assert not short or width_of(short, INK) <= width
    if short and short != text:
        assert text.startswith(short.partition("...")[0])
    if width_of(text, INK) <= width:
        assert short == text


@given(
    st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12), max_size=20), st.integers(60, 200)
)
def test_wrapped_keeps_all_words_where_lines_suffice(words: list[str], width: int) -> None:
    ink = Ink(8)
    lines = wrapped(" ".join(words), width, ink, most=100)
    assert all(width_of(line, ink) <= width for line in lines)
    if all(width_of(word, ink) <= width for word in words):
        assert " ".join(lines) == " ".join(words)
    assert len(wrapped(" ".join(words), width, ink, most=2)) <= 2
