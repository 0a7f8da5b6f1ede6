"""Times of animations, in every format's units, and what changes between frames."""

import random
from fractions import Fraction

import numpy as np
import pytest

from upscale.errors import BadInputError
from upscale.images.animation import Animation, refuse_too_large
from upscale.images.difference import changed

CHANCE = random.Random(3)


@pytest.mark.parametrize("per_second", [100, 1000])
def test_rounded_delays_stay_in_time(per_second: int) -> None:
    for _ in range(50):
        delays_s = [Fraction(CHANCE.randint(0, 99), CHANCE.randint(1, 999)) for _ in range(20)]
        rounded = Animation(tuple(delays_s)).delays(per_second)
        assert len(rounded) == len(delays_s)
        for count in range(len(rounded) + 1):
            assert abs(sum(rounded[:count]) - sum(delays_s[:count]) * per_second) <= Fraction(1, 2)


def test_delays_in_the_formats_own_units_are_kept() -> None:
    delays_ms = [CHANCE.choice([0, 1, 33, 65535, 10**7]) for _ in range(50)]
    assert Animation(tuple(Fraction(delay, 1000) for delay in delays_ms)).delays(1000) == delays_ms


@pytest.mark.parametrize("count", range(5))
def test_a_part_holds_all_changes_and_no_more(count: int) -> None:
    for _ in range(20):
        before = np.zeros((7, 9, 3), np.uint8)
        after = before.copy()
        for _ in range(count):
            after[CHANCE.randrange(7), CHANCE.randrange(9), CHANCE.randrange(3)] = 200
        part = changed(before, after)
        merged = before.copy()
        merged[part] = after[part]
        np.testing.assert_array_equal(merged, after)
        differs = after[part].any(axis=2)
        assert count == 0 or (differs[[0, -1]].any(axis=1).all() and differs[:, [0, -1]].any(axis=0).all())
        assert count > 0 or differs.shape == (1, 1)


def test_the_first_frame_is_whole() -> None:
    assert changed(None, np.zeros((7, 9, 3), np.uint8)) == (slice(0, 7), slice(0, 9))


def test_frames_count_together_but_for_more_than_one_picture() -> None:
    refuse_too_large(16, (10, 10), 100)
    with pytest.raises(BadInputError, match="17 frames"):
        refuse_too_large(17, (10, 10), 100)
    with pytest.raises(BadInputError, match="claims 11 x 10"):
        refuse_too_large(1, (10, 11), 100)
