"""How long a run is: a number of steps, or a time that becomes one."""

import time

# The first steps of a process are slower than the rest.
_TIMED_FROM, _TIMED_UNTIL = 10, 60


class Stopwatch:
    """Turns minutes into steps, once, from the time that the first steps of this process take."""

    def __init__(self, minutes: float, step: int) -> None:
        self._minutes = minutes
        self._first = step
        self._started_s = 0.0

    def total_after(self, step: int) -> int:
        """The run's number of steps, once `step` of them are done and the pace is known; 0 before that."""
        done = step - self._first
        if done == _TIMED_FROM:
            self._started_s = time.monotonic()
        if done < _TIMED_UNTIL:
            return 0
        step_s = (time.monotonic() - self._started_s) / (done - _TIMED_FROM)
        return max(step, self._first + round(self._minutes * 60 / step_s))
