"""The threads of one stage: each in its turn pulls an item, works on it, and puts the result in its place."""

import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from types import TracebackType
from typing import Any, Generic, TypeVar

from upscale.flow.pipe import Clock, Control, Pipe, Stopped

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

_NO_MORE = object()


class Stage(Generic[_Item, _Result]):
    """Threads that make results of items, each in its turn pulling the next one."""

    def __init__(
        self,
        name: str,
        items: Iterable[_Item],
        work: Callable[[_Item], _Result],
        workers: int,
        out: Pipe[_Result],
        control: Control,
    ) -> None:
        self.name, self.out = name, out
        self.threads = [threading.Thread(target=self._serve, name=f"{name} {n}") for n in range(workers)]
        self._items: Iterator[Any] = iter(items)
        self._work, self._control = work, control
        self._pulling = False
        self._pulled = 0
        self._turns = threading.Condition()

    def start(self) -> None:
        """Begin."""
        for thread in self.threads:
            thread.start()

    def busy_s(self) -> float:
        """How long each thread has worked, in the mean."""
        clocks = [self._control.clocks.get(thread) for thread in self.threads]
        now_s = time.perf_counter()
        return sum(clock.busy_s(now_s) for clock in clocks if clock) / len(clocks)

    def _serve(self) -> None:
        clock = self._control.clocks[threading.current_thread()] = Clock(time.perf_counter())
        while self._one():
            pass
        # Several threads pull from a pipe, which needs no end.
        if len(self.threads) == 1 and isinstance(self._items, Generator):
            with _Place(self.out, self._pulled):
                self._items.close()
        clock.ended_s = time.perf_counter()

    def _one(self) -> bool:
        """One item from end to end; False if there is none, or it came to nothing."""
        with _Place(self.out) as place:
            item = self._pull(place)
            if item is not _NO_MORE:
                self.out.put(place.number, self._work(item))
                return True
            self.out.end(place.number)
        return False

    def _pull(self, place: "_Place") -> Any:  # noqa: ANN401 - an item, or the word that there is none
        with self._turns:
            self._control.wait(self._turns, lambda: not self._pulling, self._control.clock())
            self._pulling = True
        try:
            place.number, self._pulled = self._pulled, self._pulled + 1
            return next(self._items, _NO_MORE)
        finally:
            with self._turns:
                self._pulling = False
                self._turns.notify_all()


class _Place:
    """An item's place among the others: an error while it is made is raised to the reader there."""

    def __init__(self, out: Pipe[Any], number: int = 0) -> None:
        self._out = out
        self.number = number

    def __enter__(self) -> "_Place":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is not None and not isinstance(error, Stopped):
            self._out.fail(self.number, error)
        return True
