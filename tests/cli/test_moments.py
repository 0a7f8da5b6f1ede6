from fractions import Fraction

import pytest

from upscale.cli.moments import moment, span_ends
from upscale.errors import UsageError


@pytest.mark.parametrize(
    ("word", "seconds"),
    [("12", 12), ("1:02", 62), ("00:01:02.5", Fraction(125, 2)), (".25", Fraction(1, 4)), ("90:00", 5400), ("0", 0)],
)
def test_moments_are_exact(word: str, seconds: Fraction) -> None:
    assert moment(word, "--ss") == seconds


@pytest.mark.parametrize("word", ["", "-1", "1:2:3:4", "12s", "nan", "1:", ":30", "1e3"])
def test_other_words_are_refused(word: str) -> None:
    with pytest.raises(UsageError, match="expected a time such as"):
        moment(word, "--ss")


def test_nothing_lies_between_ends_that_meet() -> None:
    assert span_ends(None, "5") == (None, 5)
    for start, end in (("5", "5"), ("1:00", "59"), (None, "0")):
        with pytest.raises(UsageError, match="--to"):
            span_ends(start, end)
