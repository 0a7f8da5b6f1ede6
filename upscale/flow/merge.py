"""Several pipes as one, each item as soon as it is there."""

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import count
from types import TracebackType
from typing import Generic, TypeVar

from upscale.flow.pipe import Control, Pipe, Stopped

_Item = TypeVar("_Item")


class Merge(Generic[_Item]):
    """A thread for each pipe, which passes on what comes; the first error of any is the error of all."""

    def __init__(self, pipes: Sequence[Pipe[_Item]], control: Control) -> None:
        self.out: Pipe[_Item] = Pipe(len(pipes), control)
        self.threads = [threading.Thread(target=self._pass_on, args=[pipe], name="merging") for pipe in pipes]
        self._numbers = count()
        self._taking = threading.Lock()
        self._left = len(pipes)

    def start(self) -> None:
        """Begin."""
        for thread in self.threads:
            thread.start()

    def _pass_on(self, pipe: Pipe[_Item]) -> None:
        with ExitStack() as ending:
            ending.push(self._failed)
            for item in pipe:
                self.out.put(self._number(), item)
            self._ended()

    def _failed(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is not None and not isinstance(error, Stopped):
            self.out.fail(self._number(), error)
        return True

    def _ended(self) -> None:
        with self._taking:
            self._left -= 1
            if not self._left:
                self.out.end(next(self._numbers))

    def _number(self) -> int:
        with self._taking:
            return next(self._numbers)
