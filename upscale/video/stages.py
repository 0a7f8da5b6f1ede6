"""Threads between plain generators: one that works ahead of its reader, one that works behind its writer."""

import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

# How often a waiting thread looks whether the other end is still there.
_PATIENCE_S = 0.1


class _Stopped(Exception):  # noqa: N818 - a signal, seen by nobody outside this file
    """The other end of the pipe has gone."""


class _Pipe(Generic[_Item]):
    """A bounded queue that either end may break."""

    def __init__(self, depth: int) -> None:
        self._items: queue.Queue[tuple[_Item, ...]] = queue.Queue(depth)
        self._broken = threading.Event()

    def put(self, *item: _Item) -> bool:
        """Wait for room; False once the other end has gone. Without an item: the end of all items."""
        while not self._broken.is_set():
            try:
                self._items.put(item, timeout=_PATIENCE_S)
            except queue.Full:
                continue
            return True
        return False

    def __iter__(self) -> Iterator[_Item]:
        """The items up to their end; raises _Stopped if the other end breaks off before it."""
        while not self._broken.is_set():
            try:
                item = self._items.get(timeout=_PATIENCE_S)
            except queue.Empty:
                continue
            if not item:
                return
            yield item[0]
        raise _Stopped

    def break_off(self) -> None:
        """Wake both ends; nothing more passes."""
        self._broken.set()


def ahead(items: Iterable[_Item], depth: int) -> Generator[_Item, None, None]:
    """The same items, produced in a thread of their own, at most `depth` ahead; its errors are raised here.

    Close the generator to stop the thread before its end.
    """
    pipe: _Pipe[_Item] = _Pipe(depth)

    def produce() -> None:
        try:
            for item in items:
                if not pipe.put(item):
                    return
        finally:
            pipe.put()

    with ThreadPoolExecutor(1, "ahead") as pool:
        work = pool.submit(produce)
        try:
            yield from pipe
        finally:
            pipe.break_off()
    work.result()


def behind(consume: Callable[[Iterator[_Item]], _Result], items: Iterable[_Item], depth: int) -> _Result:
    """What `consume` makes of the items, which it reads in a thread, at most `depth` behind.

    An error in `items` is raised here and breaks `consume` off where it waits for the next item; an error in
    `consume` is raised here and no more items are made.
    """
    pipe: _Pipe[_Item] = _Pipe(depth)

    def run() -> _Result:
        try:
            return consume(iter(pipe))
        finally:
            pipe.break_off()

    with ThreadPoolExecutor(1, "behind") as pool:
        work = pool.submit(run)
        complete = False
        try:
            complete = all(pipe.put(item) for item in items) and pipe.put()
        finally:
            if not complete:
                pipe.break_off()
    return work.result()
