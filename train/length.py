"""How long a run is: a number of steps, or a time that becomes one."""

import time

# The first steps of a process are slower than the rest; sixty tell the pace to a percent or so.
_SLOW, _ENOUGH = 10, 60
# No more of the time there is goes into learning the pace, and half of that into the slow steps.
_MOST_SHARE = 0.25


class Stopwatch:
    """Turns minutes into steps, once, from the time that the first steps of this process take.

    It runs from the moment it is made: those steps count, and so does their time.
    """

    def __init__(self, minutes: float, step: int) -> None:
        self._seconds = minutes * 60
        self._first = self._warm = step
        self._started_s = self._warm_s = time.monotonic()

    def total_after(self, step: int) -> int:
        """The run's number of steps, once `step` of them are done and the pace is known; 0 before that."""
        now_s = time.monotonic()
        spent_s, most_s = now_s - self._started_s, self._seconds * _MOST_SHARE
        if step - self._first < _ENOUGH and spent_s < most_s:
            if step - self._first <= _SLOW and spent_s <= most_s / 2:
                self._warm, self._warm_s = step, now_s
            return 0
        step_s = (now_s - self._warm_s) / (step - self._warm)
        return step + max(0, round((self._seconds - spent_s) / step_s))
