"""Ctrl-C while large libraries load."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from upscale.errors import INTERRUPTED


@contextmanager
def ending_at_once() -> Iterator[None]:
    """While inside, Ctrl-C ends the program here and now, with code 130; nothing may be begun that would be lost.

    As an exception it would be lost in an import, or made another: torch goes on without what it was loading, and
    numpy reports a broken installation.
    """
    is_ours = threading.current_thread() is threading.main_thread()
    if not is_ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return

    def on_signal(number: int, frame: FrameType | None) -> None:
        os.write(2, b"upscale: interrupted before anything was begun\n")
        os._exit(INTERRUPTED)

    signal.signal(signal.SIGINT, on_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
