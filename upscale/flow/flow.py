"""Work in stages: each in threads of its own, bounded queues between them, and one way to end.

    flow = Flow(meter)
    read = flow.stage("reading", map(load, jobs))
    enlarged = flow.stage("network", enlarge(read))
    with closing(flow.run(flow.spread("writing", store, enlarged, workers=2))) as outcomes:
        for outcome in outcomes: ...

A stage pulls its items from the one before it. The caller's thread does nothing but wait for the last one, so that
Ctrl-C finds it awake, whatever the stages are deep in.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any, TypeVar

from upscale.flow.interrupt import on_first_ctrl_c
from upscale.flow.merge import Merge
from upscale.flow.meter import Meter
from upscale.flow.pipe import Control, Pipe, Stopped
from upscale.flow.stage import Stage

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

# How long Ctrl-C waits for what the threads are in the middle of, such as the last rows of a file.
_GRACE_S = 0.5


class Flow:
    """The stages of one run; they start, and end, within `run`."""

    def __init__(self, meter: Meter | None = None) -> None:
        self._meter = meter or Meter()
        self.control = Control()
        self._stages: list[Stage[Any, Any]] = []
        self._merges: list[Merge[Any]] = []
        self._interrupted = False

    def stage(self, name: str, items: Iterable[_Item], *, depth: int = 1) -> Pipe[_Item]:
        """The same items, made in a thread of their own; at most `depth` of them wait for their reader."""
        return self._added(Stage(name, items, _same, 1, Pipe(depth, self.control), self.control))

    def spread(
        self, name: str, work: Callable[[_Item], _Result], items: Iterable[_Item], *, workers: int
    ) -> Pipe[_Result]:
        """`work(item)` for each, by several threads; the results keep the order of the items."""
        # A quick item may overtake a slow one, but not without end.
        pipe: Pipe[_Result] = Pipe(2 * workers, self.control)
        return self._added(Stage(name, items, work, workers, pipe, self.control))

    def merged(self, pipes: Sequence[Pipe[_Item]]) -> Pipe[_Item]:
        """The items of several lines of stages, each as soon as it is there; an error of any ends all."""
        self._merges.append(Merge(pipes, self.control))
        return self._merges[-1].out

    def run(self, last: Pipe[_Result]) -> Generator[_Result, None, None]:
        """Start all stages; what the last one makes.

        The first error of a stage is raised here, after what came before it; then, as when the generator is
        closed, all threads have ended. Ctrl-C: no stage begins another item, what is finished shortly after is
        still given, then KeyboardInterrupt is raised; a thread that is deep in some computation is left to it.
        """
        with on_first_ctrl_c(self._interrupt):
            try:
                self._meter.running = self._busy_s
                for part in self._parts():
                    part.start()
                yield from last
            except Stopped:
                pass
            except KeyboardInterrupt:
                self._interrupted = True
                raise
            finally:
                self.stop()
                self._join()
                self._meter.running = None
                self._meter.add(self._busy_s())
            yield from last.rest()
        if self._interrupted:
            raise KeyboardInterrupt

    def stop(self) -> None:
        """No stage begins another item; `run` gives what is finished, and ends."""
        self.control.stopped = True
        for part in self._parts():
            part.out.wake()

    def _added(self, stage: Stage[_Item, _Result]) -> Pipe[_Result]:
        self._stages.append(stage)
        return stage.out

    def _interrupt(self) -> None:
        """Called between any two steps of the main thread, which may hold any lock: so no `stop`."""
        self._interrupted = True
        self.control.stopped = True

    def _join(self) -> None:
        end_s = time.perf_counter() + _GRACE_S
        for thread in [thread for part in self._parts() for thread in part.threads]:
            if thread.is_alive():
                thread.join(max(0.0, end_s - time.perf_counter()) if self._interrupted else None)

    def _parts(self) -> "list[Stage[Any, Any] | Merge[Any]]":
        return [*self._stages, *self._merges]

    def _busy_s(self) -> dict[str, float]:
        """How busy each stage was; of several of one name, in the mean."""
        alike: defaultdict[str, list[float]] = defaultdict(list)
        for stage in self._stages:
            alike[stage.name].append(stage.busy_s())
        return {name: sum(seconds) / len(seconds) for name, seconds in alike.items()}


def _same(item: _Item) -> _Item:
    return item
