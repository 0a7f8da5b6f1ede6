"""Bounded queues between threads, and the clocks that tell how long each thread waited at them."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

_Item = TypeVar("_Item")

# How late a thread may notice that it is to stop: a signal's handler may take no lock, so it wakes nobody.
_PATIENCE_S = 0.1


class Stopped(Exception):  # noqa: N818 - a word to a stage's thread, not an error
    """The flow ends before its items do."""


@dataclass
class Clock:
    """A thread's time, in seconds."""

    started_s: float
    waited_s: float = 0.0
    waiting_since_s: float | None = None
    ended_s: float | None = None

    def busy_s(self, now_s: float) -> float:
        """How long the thread has worked, up to now or to its end."""
        return (self.ended_s or self.waiting_since_s or now_s) - self.started_s - self.waited_s


class Control:
    """What the threads of one flow share: whether to stop, and their clocks."""

    def __init__(self) -> None:
        self.stopped = False
        self.clocks: dict[threading.Thread, Clock] = {}

    def check(self) -> None:
        """For long work on one item: raises Stopped if the flow is to end."""
        if self.stopped:
            raise Stopped

    def clock(self) -> Clock | None:
        """The clock of the stage's thread that asks."""
        return self.clocks.get(threading.current_thread())

    def wait(self, changed: threading.Condition, ready: Callable[[], bool], clock: Clock | None) -> None:
        """Wait, holding `changed`, until it is `ready`; raises Stopped if the flow ends first."""
        clock = clock or Clock(0)
        clock.waiting_since_s = started_s = time.perf_counter()
        while not (self.stopped or ready()):
            changed.wait(_PATIENCE_S)
        clock.waiting_since_s = None
        clock.waited_s += time.perf_counter() - started_s
        if self.stopped:
            raise Stopped


class Pipe(Generic[_Item]):
    """Numbered items from any number of threads to one, which reads them in the order of their numbers."""

    def __init__(self, depth: int, control: Control) -> None:
        self._depth, self._control = depth, control
        self._changed = threading.Condition()
        self._items: dict[int, _Item] = {}
        self._errors: dict[int, BaseException] = {}
        self._next = 0
        self._end: int | None = None

    def put(self, number: int, item: _Item) -> None:
        """Wait until fewer than `depth` wait before it. Raises Stopped if the flow ends, the item put all the same."""
        with self._changed:
            try:
                self._control.wait(self._changed, lambda: number < self._next + self._depth, self._control.clock())
            finally:
                self._items[number] = item
                self._changed.notify_all()

    def end(self, number: int) -> None:
        """There are no items from this number on."""
        with self._changed:
            self._end = number if self._end is None else min(number, self._end)
            self._changed.notify_all()

    def fail(self, number: int, error: BaseException) -> None:
        """Raise `error` to the reader in place of an item."""
        with self._changed:
            self._errors[number] = error
            self._changed.notify_all()

    def __iter__(self) -> Iterator[_Item]:
        """The items to their end, or to the error that ended them; raises Stopped if the flow ends first."""
        # Its reader may be a library that pulls from threads of its own.
        clock = self._control.clock()
        while self._comes(clock):
            yield self._take()

    def rest(self) -> Iterator[_Item]:
        """What is there and not read, once the flow has stopped: in order, with gaps where nothing was finished."""
        while self._items:
            yield self._items.pop(min(self._items))

    def wake(self) -> None:
        """Let whoever waits here see at once that the flow has stopped."""
        with self._changed:
            self._changed.notify_all()

    def _comes(self, clock: Clock | None) -> bool:
        """Wait for the next item; False if there is none."""
        with self._changed:
            self._control.wait(self._changed, self._is_known, clock)
            if self._next in self._errors:
                raise self._errors[self._next]
            return self._next in self._items

    def _is_known(self) -> bool:
        return self._next in self._items or self._next in self._errors or self._next == self._end

    def _take(self) -> _Item:
        with self._changed:
            self._next += 1
            self._changed.notify_all()
            return self._items.pop(self._next - 1)
