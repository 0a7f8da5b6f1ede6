"""The progress bar, shared by `images` and `video`: on stderr, and none where stderr is no terminal."""

import threading
import time
from collections.abc import Callable
from typing import Any

# Between two looks: results of tiny pictures come by the thousand.
_PAUSE_S = 0.1
# Without tqdm's own guess of the time left, which takes all items for equal.
_FORMAT = "{desc}{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} {unit}s [{elapsed}{postfix}]"
_ENDLESS = "{desc}{n_fmt} {unit}s [{elapsed}{postfix}]"


class Progress:
    """A bar over `total` items, None where nobody knows how many; any thread may move it.

    `words` says what stands beside it, after so many seconds; `title` stands before it.
    """

    def __init__(
        self, total: int | None, unit: str, words: Callable[[float], str], *, quiet: bool, title: str = ""
    ) -> None:
        from tqdm import tqdm

        # disable=None is tqdm's word for: unless stderr is a terminal.
        off = True if quiet else None
        shape = _ENDLESS if total is None else _FORMAT
        self._bar: Any = tqdm(total=total, unit=unit, desc=title, disable=off, dynamic_ncols=True, bar_format=shape)
        # tqdm would put a colon behind it.
        self._bar.desc = title
        self._moving = threading.Lock()
        self._started_s = self._shown_s = time.perf_counter()
        self._words = words

    def step(self, count: int = 1) -> None:
        """So many more items are finished."""
        with self._moving:
            if self._bar.total is not None and self._bar.n + count > self._bar.total:
                self._bar.total = self._bar.n + count  # which was only an estimate
            self._bar.update(count)

    def look(self) -> None:
        """Something has changed that `words` tells of."""
        with self._moving:
            now_s = time.perf_counter()
            if now_s - self._shown_s < _PAUSE_S:
                return
            self._shown_s = now_s
            self._bar.set_postfix_str(self._words(now_s - self._started_s), refresh=False)
            self._bar.update(0)

    def close(self) -> None:
        """Leave the bar as it stands."""
        self._bar.close()
