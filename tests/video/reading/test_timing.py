from fractions import Fraction

import pytest

from upscale.video.reading.timing import BestEffort, Clock


def placed(clock: Clock, stamps: list[int | None], duration: int = 0) -> list[int]:
    return [clock.place(stamp, duration)[0] for stamp in stamps]


def clock() -> Clock:
    return Clock(Fraction(1, 1000), Fraction(25))


def test_good_times_pass() -> None:
    times = [0, 40, 41, 1000, 90_000_000]
    mine = clock()
    assert placed(mine, list(times)) == times and mine.notes() == []


def test_missing_times_follow_the_frame_before() -> None:
    mine = clock()
    assert placed(mine, [100, None, None, 300, None]) == [100, 140, 180, 300, 340]
    assert mine.notes()[0].endswith(": 3")


def test_a_long_row_without_times_does_not_drift() -> None:
    mine = Clock(Fraction(1, 1000), Fraction(24000, 1001))
    assert placed(mine, [None] * 24001)[-1] == 1_001_000


@pytest.mark.parametrize("last", [40, 39, 0])
def test_a_time_that_repeats_or_steps_back_comes_a_tick_later(last: int) -> None:
    mine = clock()
    assert placed(mine, [0, 40, last, 80]) == [0, 40, 41, 80]
    assert "by a tick: 1" in mine.notes()[0]


def test_a_clock_that_begins_anew_goes_on() -> None:
    mine = clock()
    assert placed(mine, [5000, 5040, 0, 40, 80], duration=40) == [5000, 5040, 5080, 5120, 5160]
    assert "jumps back" in mine.notes()[0]


def test_decoding_times_stand_in_where_display_times_go_back_and_forth() -> None:
    best = BestEffort()
    stamps = [(1, 2), (3, 3), (4, 4), (2, 5), (6, 6), (7, 7)]
    assert [best.time(*stamp) for stamp in stamps][3:] == [5, 6, 7]


def test_equal_display_times_of_a_coarse_clock_are_no_fault() -> None:
    best = BestEffort()
    assert [best.time(*stamp) for stamp in [(0, 0), (5, 3), (5, 4), (9, 7)]] == [0, 5, 5, 9]
