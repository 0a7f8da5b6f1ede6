"""The progress bar, shared by `images` and `video`: on stderr, and none where stderr is no terminal."""

import threading
import time
from collections.abc import Callable
from typing import Any

from upscale.cli.summary import duration

# Between two looks at the rate: results of tiny pictures come by the thousand.
_PAUSE_S = 0.1
# Without tqdm's own guess of the time left, which takes all items for equal.
_FORMAT = "{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} {unit}s [{elapsed}{postfix}]"


class Progress:
    """A bar over `total` items with the rate of finished megapixels beside it; any thread may move it.

    `remaining_s` guesses how long the rest takes, from the pixels and seconds so far; without it all items count
    alike.
    """

    def __init__(
        self,
        total: int | None,
        unit: str,
        *,
        quiet: bool,
        remaining_s: Callable[[int, float], float | None] | None = None,
    ) -> None:
        from tqdm import tqdm

        # disable=None is tqdm's word for: unless stderr is a terminal.
        off = True if quiet else None
        shape = None if remaining_s is None else _FORMAT
        self._bar: Any = tqdm(total=total, unit=unit, disable=off, dynamic_ncols=True, bar_format=shape)
        self._moving = threading.Lock()
        self._started_s = self._shown_s = time.perf_counter()
        self._pixels = 0
        self._remaining_s = remaining_s

    def step(self, count: int = 1) -> None:
        """So many more items are finished."""
        with self._moving:
            self._bar.update(count)

    def pixels(self, count: int) -> None:
        """So many more pixels of results are computed."""
        with self._moving:
            self._pixels += count
            now_s = time.perf_counter()
            if now_s - self._shown_s < _PAUSE_S:
                return
            self._shown_s = now_s
            seconds = now_s - self._started_s
            left_s = self._remaining_s and self._remaining_s(self._pixels, seconds)
            left = "" if not left_s else f", {duration(left_s)} left"
            self._bar.set_postfix_str(f"{self._pixels / seconds / 1e6:.1f} MP/s{left}", refresh=False)
            self._bar.update(0)

    def close(self) -> None:
        """Leave the bar as it stands."""
        self._bar.close()
