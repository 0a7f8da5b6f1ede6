"""What FFmpeg and its encoders say while they open, where their answer is a number or nothing at all."""

from collections.abc import Callable
from contextlib import suppress

import av
import av.logging

from upscale.errors import UsageError

# How FFmpeg begins its warnings of words in x264-params and its like that an encoder does not take; it goes on
# without them.
_REFUSALS = ("Error parsing option", "Unknown option", "Invalid value for")


def refused_params(attempt: Callable[[], object]) -> str | None:
    """The first word of an encoder's own that it did not take during `attempt`; None where it took all."""
    for message in _heard(attempt, av.logging.WARNING):
        if message.startswith(_REFUSALS):
            return message.rstrip(". ").lower()
    return None


def said(attempt: Callable[[], object]) -> str | None:
    """The first error that FFmpeg reports during `attempt`, which fails."""
    messages = _heard(attempt, av.logging.ERROR)
    return messages[0].rstrip(". ").lower() if messages else None


def _heard(attempt: Callable[[], object], level: int) -> list[str]:
    before, skips = av.logging.get_level(), av.logging.get_skip_repeated()
    av.logging.set_level(level)
    av.logging.set_skip_repeated(False)
    try:
        with av.logging.Capture() as heard, suppress(av.FFmpegError, UsageError):
            attempt()
    finally:
        av.logging.set_level(before)
        av.logging.set_skip_repeated(skips)
    return [message.strip() for _, _, message in heard if message.strip()]
