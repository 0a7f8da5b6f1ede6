"""Ctrl-C, and terminations, of a training run."""

import signal
from types import FrameType, TracebackType

_NUMBERS = (signal.SIGINT, signal.SIGTERM)


class Interruptions:
    """As a context, takes both as they come.

    While a run is made ready nothing is begun that would be lost: there they are a KeyboardInterrupt. From `hold` on
    the first one is noted, for the run to ask for between two steps; another one ends it at once.
    """

    def __init__(self) -> None:
        self._noted = self._held = False

    def __enter__(self) -> "Interruptions":
        self._before = {number: signal.signal(number, self._note) for number in _NUMBERS}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def hold(self) -> None:
        """From now on, note the first one."""
        self._held = True

    def noted(self) -> bool:
        """Whether one has come."""
        return self._noted

    def _note(self, number: int, frame: FrameType | None) -> None:
        is_first, self._noted = not self._noted, True
        if not self._held or not is_first:
            raise KeyboardInterrupt
