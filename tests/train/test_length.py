"""Minutes that become steps."""

import time
from itertools import count

import pytest
from upscale.train.length import Stopwatch


@pytest.mark.parametrize("first", [0, 1000])
def test_slow_steps_are_measured_within_a_quarter_of_the_time(first: int) -> None:
    """Steps of 30 ms at least, in 400: after four of them a quarter is over, and no more than 13 fit."""
    watch = Stopwatch(0.4 / 60, first)
    for step in count(first + 1):
        time.sleep(0.03)
        total = watch.total_after(step)
        if total:
            break
    assert step <= first + 4
    assert step <= total <= first + 14


def test_quick_steps_are_measured_sixty_times() -> None:
    watch = Stopwatch(60.0, 5)
    totals = [watch.total_after(step) for step in range(6, 66)]
    assert totals[:-1] == [0] * 59 and totals[-1] > 65
