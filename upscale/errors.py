"""What can go wrong for a user, and the exit code each kind ends in.

UpscaleError            1  something failed; the message says what, where, and the way out
├── BadInputError       1  this file cannot be read; others may
├── OutputError         1  the result cannot be written (full disk, missing permission)
├── TrainingError       1  training cannot go on (no finite loss, no data)
├── UsageError          2  wrong usage: unknown name, missing source, weights of the wrong kind
└── EnvironmentLackError  3  the environment lacks something: device, codec, shipped or VGG weights
"""

from collections.abc import Iterable
from difflib import get_close_matches

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""


def reason(error: OSError) -> str:
    """The system's word for what it refused, fit for the end of a sentence."""
    return (error.strerror or str(error)).lower()


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a message about a wrong word: the known one that looks most like it, if any does."""
    close = get_close_matches(word.lower(), list(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


class UpscaleError(Exception):
    """Something failed in a way that the user can understand and act on."""

    exit_code = 1


class BadInputError(UpscaleError):
    """A file is unreadable, truncated or not what its name says."""


class OutputError(UpscaleError):
    """A result cannot be written."""


class TrainingError(UpscaleError):
    """Training cannot go on."""


class UsageError(UpscaleError):
    """The command was asked for something that does not exist or does not fit together."""

    exit_code = 2


class EnvironmentLackError(UpscaleError):
    """The machine lacks what was asked for."""

    exit_code = 3
