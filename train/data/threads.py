"""Work on many files at once that stops where it is told to."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

Hear = Callable[[int, int], None]
"""Is told how many are done, of how many; what it raises ends the work."""


def in_threads(do: Callable[[Item], Result], items: Iterable[Item], hear: Hear | None = None) -> list[Result]:
    """The results in order. After an error, or Ctrl-C, only what has begun is still finished."""
    with ThreadPoolExecutor() as pool:
        pending = [pool.submit(do, item) for item in items]
        results = []
        try:
            for future in pending:
                results.append(future.result())
                if hear is not None:
                    hear(len(results), len(pending))
            return results
        finally:
            pool.shutdown(cancel_futures=True)
