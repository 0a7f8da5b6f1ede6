"""Work in threads ends where it is told to."""

import time

import pytest
from upscale.train.data.threads import in_threads


def test_results_come_in_order_and_are_counted() -> None:
    heard: list[tuple[int, int]] = []
    assert in_threads(lambda item: item * 2, range(20), lambda *counts: heard.append(counts)) == list(range(0, 40, 2))
    assert heard == [(done, 20) for done in range(1, 21)]


def test_what_has_not_begun_is_not_done_after_an_error() -> None:
    begun: list[int] = []

    def do(item: int) -> None:
        begun.append(item)
        time.sleep(1e-3)

    def hear(done: int, count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        in_threads(do, range(10_000), hear)
    assert len(begun) < 5000
