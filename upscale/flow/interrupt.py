"""Ctrl-C as a word to the program rather than an exception between any two of its steps."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def on_first_ctrl_c(handle: Callable[[], None]) -> Iterator[None]:
    """While inside, the first Ctrl-C calls `handle`; a second one is KeyboardInterrupt as ever.

    Does nothing where that cannot be: outside the main thread, or where the program has a handler of its own.
    """
    is_ours = threading.current_thread() is threading.main_thread()
    if not is_ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return

    def on_signal(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        handle()

    signal.signal(signal.SIGINT, on_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
