"""Axes end and are marked at round numbers that can be told apart."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upscale.plot.axes import fit_axis, round_step, short, spoken

VALUES = st.lists(
    st.floats(-1e12, 1e12, allow_subnormal=False).filter(lambda value: not 0 < abs(value) < 1e-12), min_size=1
)


@given(VALUES, st.integers(2, 12), st.booleans())
def test_an_axis_holds_its_values_and_has_few_round_marks(values: list[float], most: int, snug: bool) -> None:
    axis = fit_axis(values, most_ticks=most, snug=snug)
    slack = 1e-9 * max(1e-3, abs(axis.high), abs(axis.low))
    assert axis.low < axis.high
    assert axis.low - slack <= min(values) and max(values) <= axis.high + slack
    assert len(axis.ticks) <= most + 1
    assert all(axis.low - slack <= tick <= axis.high + slack for tick in axis.ticks)
    assert all(-1e-6 <= axis.share(value) <= 1 + 1e-6 for value in values)


@given(VALUES, st.integers(3, 12))
def test_marks_are_told_apart_by_their_words(values: list[float], most: int) -> None:
    axis = fit_axis(values, most_ticks=most)
    assert len(set(axis.words)) == len(axis.ticks) >= 2


@given(st.lists(st.floats(1e-30, 1e30), min_size=1), st.integers(2, 12))
def test_a_logarithmic_axis_holds_its_values_too(values: list[float], most: int) -> None:
    axis = fit_axis(values, most_ticks=most, log=True)
    assert axis.low <= min(values) * (1 + 1e-6) and max(values) <= axis.high * (1 + 1e-6)
    if axis.log:
        assert axis.share(axis.low) == 0 and axis.share(axis.high) == 1
        assert len(axis.ticks) <= max(most + 1, 10)
        assert len(set(axis.words)) == len(axis.ticks)


@given(st.floats(1e-6, 1e9), st.integers(1, 20))
def test_steps_are_the_smallest_round_ones(span: float, most: int) -> None:
    step = round_step(span, most)
    mantissa = step / 10 ** math.floor(math.log10(step) + 1e-9)
    assert min(abs(mantissa - round_one) for round_one in (1, 2, 5)) < 1e-6
    assert step * most >= span * (1 - 1e-6)
    assert step / 2.5 * most < span * (1 + 1e-6)


@pytest.mark.parametrize(
    ("ticks", "words"),
    [
        ((0.0, 0.5, 1.0), ("0.0", "0.5", "1.0")),
        ((-0.0, 20_000.0, 40_000.0), ("0", "20k", "40k")),
        ((0.0, 500_000.0, 1_000_000.0), ("0", "0.5M", "1M")),
        ((26.0, 27.0, 28.0), ("26", "27", "28")),
        ((0.0, 5e-5, 1e-4), ("0", "5e-5", "1e-4")),
        ((0.0095, 0.0100, 0.0105), ("0.0095", "0.0100", "0.0105")),
    ],
)
def test_numbers_read_as_one_would_write_them(ticks: tuple[float, ...], words: tuple[str, ...]) -> None:
    assert spoken(ticks) == words


def test_short_numbers() -> None:
    assert [short(value) for value in (1e-5, 0.01, 1.0, 250.0, 1e7)] == ["1e-5", "0.01", "1", "250", "1e7"]


@pytest.mark.parametrize("values", [[], [math.nan], [math.inf, -math.inf], [1e308, -1e308]])
@pytest.mark.parametrize("log", [False, True])
def test_what_has_no_place_is_left_out(values: list[float], log: bool) -> None:
    axis = fit_axis([*values, 3.0, 4.0], most_ticks=5, log=log)
    assert (axis.low, axis.high) == (3.0, 4.0)
    assert fit_axis(values, most_ticks=5, log=log).low < 10


def test_a_logarithm_has_no_place_for_what_is_as_good_as_nothing() -> None:
    axis = fit_axis([5e-324, 1e-3, 10.0], most_ticks=5, log=True)
    assert (axis.low, axis.high) == (1e-3, 10.0)
    assert math.isnan(axis.share(5e-324))
