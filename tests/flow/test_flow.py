import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from upscale.flow.flow import Flow
from upscale.flow.meter import Meter


class BrokenError(Exception):
    pass


def counted(made: list[int], most: int = 10**6) -> Iterator[int]:
    """0, 1, 2 and so on, each noted when it is made."""
    for number in range(most):
        made.append(number)
        yield number


def threads() -> int:
    return threading.active_count()


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("depth", [1, 3])
def test_every_item_passes_all_stages_in_order(workers: int, depth: int) -> None:
    def work(item: int) -> int:
        time.sleep(0.001 * (item % 3))  # so that a later one is finished first
        return -item

    flow = Flow()
    doubled = flow.stage("two", (2 * item for item in flow.stage("one", range(100), depth=depth)), depth=depth)
    before = threads()
    assert list(flow.run(flow.spread("three", work, doubled, workers=workers))) == [-2 * n for n in range(100)]
    assert threads() == before


def test_no_items_are_no_results() -> None:
    flow = Flow()
    assert list(flow.run(flow.spread("two", abs, flow.stage("one", []), workers=3))) == []


def test_stages_overlap() -> None:
    """While the last stage works on the first item, the others go on to the next ones; two items run at once."""
    ahead = {"one": threading.Event(), "two": threading.Event()}
    together = threading.Barrier(2, timeout=10)

    def noted(name: str, item: int) -> int:
        if item == 3:
            ahead[name].set()
        return item

    def work(item: int) -> bool:
        together.wait()
        return all(event.wait(10) for event in ahead.values())

    flow = Flow()
    first = flow.stage("one", (noted("one", item) for item in range(6)))
    second = flow.stage("two", (noted("two", item) for item in first))
    assert all(flow.run(flow.spread("three", work, second, workers=2)))


def test_a_stage_works_only_so_far_ahead() -> None:
    made: list[int] = []
    flow = Flow()
    with closing(flow.run(flow.stage("two", flow.stage("one", counted(made), depth=4), depth=2))) as results:
        assert next(results) == 0
        time.sleep(0.3)
        # One was read here; then two and four wait, and each stage has one in hand.
        assert len(made) <= 1 + (2 + 1) + (4 + 1)


def test_spread_bounds_what_overtakes_a_slow_item() -> None:
    made: list[int] = []
    free = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            free.wait(10)
        return item

    flow = Flow()
    with closing(flow.run(flow.spread("one", work, counted(made), workers=3))) as results:
        time.sleep(0.3)
        threading.Timer(0.3, free.set).start()
        assert next(results) == 0
        assert len(made) < 30
        assert [next(results) for _ in range(20)] == list(range(1, 21))


@pytest.mark.parametrize("dying", ["one", "two", "three"])
def test_a_stage_that_dies_ends_the_run_with_its_own_error(dying: str) -> None:
    made: list[int] = []

    def passing(name: str, item: int) -> int:
        if name == dying and item == 7:
            raise BrokenError(name)
        return item

    flow = Flow()
    first = flow.stage("one", (passing("one", item) for item in counted(made)), depth=2)
    second = flow.stage("two", (passing("two", item) for item in first), depth=2)
    last = flow.spread("three", lambda item: passing("three", item), second, workers=2)
    before, seen = threads(), []
    with pytest.raises(BrokenError, match=dying):
        seen.extend(flow.run(last))
    assert threads() == before
    assert len(made) < 30


def test_what_came_before_an_error_is_given() -> None:
    def items() -> Iterator[int]:
        yield from range(5)
        raise BrokenError

    flow, seen = Flow(), []
    last = flow.spread("two", abs, flow.stage("one", items()), workers=2)
    with pytest.raises(BrokenError):
        for item in flow.run(last):
            seen.append(item)
    assert seen == [0, 1, 2, 3, 4]


def test_a_reader_that_leaves_early_stops_every_stage() -> None:
    made: list[int] = []
    closed = threading.Event()

    def middle(items: Iterator[int]) -> Iterator[int]:
        try:
            yield from items
        finally:
            closed.set()

    flow = Flow()
    second = flow.stage("two", middle(iter(flow.stage("one", counted(made)))))
    before = threads()
    with closing(flow.run(flow.spread("three", abs, second, workers=2))) as results:
        assert [next(results) for _ in range(3)] == [0, 1, 2]
    assert threads() == before and closed.is_set()
    assert len(made) < 20


def test_stop_gives_what_is_finished_and_ends() -> None:
    finished: list[int] = []

    def work(item: int) -> int:
        time.sleep(0.002)
        finished.append(item)
        return item

    flow, seen = Flow(), []
    for item in flow.run(flow.spread("one", work, counted([]), workers=3)):
        seen.append(item)
        if item == 10:
            flow.stop()
    assert seen == sorted(finished) and 10 in seen


def test_check_ends_long_work_on_one_item() -> None:
    flow = Flow()

    def work(item: int) -> int:
        while item == 1:
            flow.control.check()
            time.sleep(0.001)
        return item

    with closing(flow.run(flow.spread("one", work, range(3), workers=1))) as results:
        assert next(results) == 0  # and closing does not wait for the second


def test_ctrl_c_gives_what_is_finished_first() -> None:
    finished: list[int] = []

    def work(item: int) -> int:
        time.sleep(0.002)
        finished.append(item)
        if item == 20:
            os.kill(os.getpid(), signal.SIGINT)
        return item

    flow, seen = Flow(), []
    with pytest.raises(KeyboardInterrupt):
        for item in flow.run(flow.spread("one", work, counted([]), workers=2)):
            seen.append(item)
    assert seen == sorted(finished) and 20 in seen
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_never_breaks_into_the_readers_own_work() -> None:
    flow, seen = Flow(), []
    with pytest.raises(KeyboardInterrupt):
        for item in flow.run(flow.stage("one", range(5))):
            if item == 0:
                os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)
            seen.append(item)
    assert seen == list(range(len(seen))) and seen


def test_a_second_ctrl_c_is_immediate() -> None:
    flow, seen = Flow(), []
    with pytest.raises(KeyboardInterrupt), closing(flow.run(flow.stage("one", range(5)))) as results:
        for item in results:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)
            seen.append(item)
    assert seen == []


def test_ctrl_c_does_not_wait_for_a_thread_deep_in_its_work() -> None:
    deep = threading.Event()

    def work(item: int) -> int:
        if item == 3:
            os.kill(os.getpid(), signal.SIGINT)
            deep.wait(30)
        return item

    flow, seen = Flow(), []
    started_s = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        seen.extend(flow.run(flow.spread("one", work, counted([]), workers=1)))
    assert time.monotonic() - started_s < 10
    deep.set()


def test_a_handler_of_ones_own_is_left_alone() -> None:
    heard = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append(True))
    try:
        flow = Flow()
        for _ in flow.run(flow.stage("one", range(3))):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)
        assert heard == [True] * 3
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_flow_runs_outside_the_main_thread_too() -> None:
    seen: list[int] = []
    flow = Flow()
    thread = threading.Thread(target=lambda: seen.extend(flow.run(flow.stage("one", range(5)))))
    thread.start()
    thread.join()
    assert seen == [0, 1, 2, 3, 4]


def test_the_busiest_stage_is_the_bottleneck() -> None:
    def slow(items: Iterator[int]) -> Iterator[int]:
        for item in items:
            time.sleep(0.02)
            yield item

    meter = Meter()
    for _ in range(2):
        flow = Flow(meter)
        first = flow.stage("reading", range(10))
        second = flow.stage("network", slow(iter(first)))
        assert len(list(flow.run(flow.spread("writing", abs, second, workers=2)))) == 10
    assert list(meter.busy_s) == ["reading", "network", "writing"]
    assert meter.bottleneck() == "network"
    assert meter.busy_s["network"] >= 2 * 10 * 0.02


def test_two_workers_that_share_the_work_are_half_busy_each() -> None:
    meter = Meter()
    flow = Flow(meter)

    def trickle() -> Iterator[int]:
        for item in range(10):
            time.sleep(0.02)
            yield item

    def work(item: int) -> int:
        time.sleep(0.02)
        return item

    list(flow.run(flow.spread("writing", work, flow.stage("reading", trickle()), workers=2)))
    assert meter.bottleneck() == "reading"
    assert 0 < meter.busy_s["writing"] < meter.busy_s["reading"]


def test_nothing_has_no_bottleneck() -> None:
    assert Meter().bottleneck() is None
