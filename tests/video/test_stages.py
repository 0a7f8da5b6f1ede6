import threading
import time
from collections.abc import Iterator

import pytest

from upscale.video.stages import ahead, behind


class BrokenError(Exception):
    pass


def failing(after: int) -> Iterator[int]:
    yield from range(after)
    raise BrokenError


def threads() -> set[str]:
    return {thread.name.split("_")[0] for thread in threading.enumerate()} & {"ahead", "behind"}


def test_items_come_in_order() -> None:
    assert list(ahead(range(500), 3)) == list(range(500))
    assert behind(list, range(500), 3) == list(range(500))


def test_the_thread_works_only_so_far_ahead() -> None:
    made = []

    def items() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    reader = ahead(items(), 4)
    next(reader)
    time.sleep(0.3)
    assert len(made) <= 6  # one read, four waiting, one in hand
    reader.close()
    assert threads() == set()


def test_an_error_of_the_producer_is_raised_after_its_items() -> None:
    seen = []
    with pytest.raises(BrokenError):
        for item in ahead(failing(5), 2):
            seen.append(item)
    assert seen == [0, 1, 2, 3, 4]


def test_an_error_of_the_items_breaks_the_consumer_off() -> None:
    finished = []

    def consume(items: Iterator[int]) -> None:
        list(items)
        finished.append(True)

    with pytest.raises(BrokenError):
        behind(consume, failing(5), 2)
    assert finished == [] and threads() == set()


def test_an_error_of_the_consumer_stops_the_items() -> None:
    made = []

    def items() -> Iterator[int]:
        for number in range(10**6):
            made.append(number)
            yield number

    def consume(items: Iterator[int]) -> None:
        next(items)
        raise BrokenError

    with pytest.raises(BrokenError):
        behind(consume, items(), 2)
    assert len(made) < 100 and threads() == set()
