"""What is said to the user."""

import logging
from collections.abc import Iterator

import pytest


class _Kept(logging.Handler):
    def __init__(self, messages: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._messages = messages

    def emit(self, record: logging.LogRecord) -> None:
        self._messages.append(record.getMessage())


@pytest.fixture
def said() -> Iterator[list[str]]:
    """The warnings of a test, as they come."""
    messages: list[str] = []
    handler = _Kept(messages)
    logging.getLogger("upscale").addHandler(handler)
    yield messages
    logging.getLogger("upscale").removeHandler(handler)
