"""Threads that share the windows of a band: each takes whole windows, instead of all sharing each layer of one.

A layer of one window takes a fraction of a millisecond. Split among OpenMP's threads it ends when the slowest one does,
layer by layer, and a decoder or another program always keeps one of them waiting. Whole windows, taken as each thread
comes to them, even that out: two cores were 1.2 to 1.3 times as quick on wide pictures.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from threading import Barrier
from types import TracebackType

import torch

# With one window for each thread nothing is evened out, and what threads wait for each other was a loss of 5 %.
_WINDOWS_EACH = 2


def threads_for(device: torch.device, windows: int) -> int:
    """How many threads share so many windows; 1, the caller's own, where it does not pay."""
    threads = torch.get_num_threads() if device.type == "cpu" else 1
    return max(1, min(threads, windows // _WINDOWS_EACH))


class Crew:
    """A context manager around `threads` threads, between which OpenMP's are divided; 1: there are none."""

    def __init__(self, threads: int) -> None:
        self._all = torch.get_num_threads()
        self._members = threads
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> "Crew":
        if self._members > 1:
            met = Barrier(self._members + 1)
            self._pool = ThreadPoolExecutor(self._members, "window")
            each = max(1, self._all // self._members)
            try:
                ready = [self._pool.submit(_prepare, each, met) for _ in range(self._members)]
                met.wait()
            except RuntimeError:  # the system gives no more threads: those that have come must not wait for the rest
                met.abort()
                self._pool.shutdown()
                raise
            for member in ready:
                member.result()
            # What a thread sets counts for itself, and for those that begin later, such as the next reader.
            torch.set_num_threads(self._all)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown()

    def each(self, work: Callable[[int], None], total: int) -> None:
        """Do `work` for 0 <= index < total, in any order; raises what one of them raised, when all have ended."""
        if self._pool is None:
            for index in range(total):
                work(index)
            return
        indices, mode = count(), torch.is_inference_mode_enabled()

        def share() -> None:
            with torch.inference_mode(mode):
                while (index := next(indices)) < total:
                    work(index)

        shares = [self._pool.submit(share) for _ in range(min(total, self._members))]
        errors = [error for error in (member.exception() for member in shares) if error is not None]
        if errors:
            raise errors[0]


@contextmanager
def keeping_threads() -> Iterator[None]:
    """Whatever threads inside give themselves, those that begin later get as many of OpenMP's as the caller has."""
    number = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(number)


def use_threads(number: int) -> None:
    """Let the calling thread share its work among so many of OpenMP's; see `keeping_threads`."""
    # Asked first: a thread takes over the number of all when it is asked for the first time, even if it had been set.
    if torch.get_num_threads() != number:
        torch.set_num_threads(number)


def _prepare(threads: int, met: Barrier) -> None:
    use_threads(threads)
    # Each member has to come here once.
    met.wait()
