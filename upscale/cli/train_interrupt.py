"""Ctrl-C, and terminations, of a training run."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType

from upscale.errors import INTERRUPTED, UpscaleError

_NUMBERS = (signal.SIGINT, signal.SIGTERM)


class InterruptedTrainingError(UpscaleError):
    """An interruption, in words that say how the run goes on."""

    exit_code = INTERRUPTED


@contextmanager
def telling_what_is_saved(out: Path) -> Iterator[None]:
    """Turn an interruption into InterruptedTrainingError, which tells whether --resume makes it good."""
    try:
        yield
    except KeyboardInterrupt as interruption:
        from upscale.train.saving import saved_settings, state_folder

        told = "interrupted before anything was saved; the same command begins anew (there is nothing to resume)"
        if saved_settings(state_folder(out)) is not None:
            told = "interrupted; add --resume to go on"
        raise InterruptedTrainingError(told) from interruption


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
