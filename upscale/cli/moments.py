"""Moments of a clip in a user's words: 12, 1:02, 00:01:02.5."""

import re
from fractions import Fraction

from upscale.errors import UsageError

_MOMENT = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?|\.\d+)")


def moment(word: str | None, option: str) -> Fraction | None:
    """In seconds, exactly; None for None. Raises UsageError for other words."""
    if word is None:
        return None
    found = _MOMENT.fullmatch(word.strip())
    if found is None:
        raise UsageError(f"{option} {word}: expected a time such as 12, 1:02 or 00:01:02.5")
    hours, minutes, seconds = (Fraction(part or 0) for part in found.groups())
    return 3600 * hours + 60 * minutes + seconds


def span_ends(start: str | None, end: str | None) -> tuple[Fraction | None, Fraction | None]:
    """Both ends of --ss and --to; UsageError where nothing lies between them."""
    start_s, end_s = moment(start, "--ss"), moment(end, "--to")
    if end_s is not None and end_s <= (start_s or 0):
        raise UsageError(f"--to {end}: it must be later than {f'--ss {start}' if start else '0'}")
    return start_s, end_s
