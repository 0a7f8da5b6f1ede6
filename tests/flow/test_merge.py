import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from upscale.flow.flow import Flow
from upscale.flow.meter import Meter


class BrokenError(Exception):
    pass


def slowly(items: range, pause_s: float) -> Iterator[int]:
    for item in items:
        time.sleep(pause_s)
        yield item


def breaking(after: int) -> Iterator[int]:
    yield from range(after)
    raise BrokenError


def waiting(until: threading.Event) -> Iterator[int]:
    until.wait(10)
    yield 0


def test_all_items_come_each_line_in_its_own_order() -> None:
    flow = Flow()
    lines = [flow.stage("one", slowly(range(start, start + 20), 0.001 * start / 100)) for start in (0, 100, 200)]
    before = threading.active_count()
    items = list(flow.run(flow.merged(lines)))
    assert sorted(items) == [*range(20), *range(100, 120), *range(200, 220)]
    for start in (0, 100, 200):
        assert [item for item in items if start <= item < start + 20] == list(range(start, start + 20))
    assert threading.active_count() == before


def test_a_quick_line_does_not_wait_for_a_slow_one() -> None:
    flow, go_on = Flow(), threading.Event()
    lines = [flow.stage("slow", waiting(go_on)), flow.stage("quick", range(50))]
    with closing(flow.run(flow.merged(lines))) as items:
        assert [next(items) for _ in range(50)] == list(range(50))
        go_on.set()
        assert list(items) == [0]


def test_lines_without_items() -> None:
    flow = Flow()
    assert list(flow.run(flow.merged([flow.stage("one", ()), flow.stage("two", range(2))]))) == [0, 1]
    flow = Flow()
    assert list(flow.run(flow.merged([flow.stage("one", ()), flow.stage("two", ())]))) == []


def test_an_error_in_any_line_ends_all_at_once() -> None:
    flow = Flow()
    before = threading.active_count()
    endless = slowly(range(10**9), 0.001)
    with pytest.raises(BrokenError):
        list(flow.run(flow.merged([flow.stage("one", endless), flow.stage("two", breaking(3))])))
    assert threading.active_count() == before


def test_who_stops_early_stops_all_lines() -> None:
    flow = Flow()
    before = threading.active_count()
    lines = [flow.stage("one", range(10**9)), flow.stage("two", range(10**9))]
    with closing(flow.run(flow.merged(lines))) as items:
        next(items)
    assert threading.active_count() == before


def test_stages_of_one_name_are_as_busy_as_they_are_in_the_mean() -> None:
    meter = Meter()
    flow = Flow(meter)
    lines = [flow.stage("work", slowly(range(2), 0.1)), flow.stage("work", range(2))]
    list(flow.run(flow.merged(lines)))
    assert meter.busy_s["work"] == pytest.approx(0.1, abs=0.05)
