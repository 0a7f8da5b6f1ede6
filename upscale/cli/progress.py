"""The progress bar, shared by `images` and `video`: on stderr, and none where stderr is no terminal."""

import sys
import threading
import time
from typing import Any

# Between two looks at the rate: results of tiny pictures come by the thousand.
_PAUSE_S = 0.1


class Progress:
    """A bar over `total` items with the rate of finished megapixels beside it; any thread may move it."""

    def __init__(self, total: int | None, unit: str, *, quiet: bool) -> None:
        from tqdm import tqdm

        # disable=None is tqdm's word for: unless stderr is a terminal.
        self._bar: Any = tqdm(total=total, unit=unit, disable=True if quiet else None, dynamic_ncols=True)
        self._moving = threading.Lock()
        self._started_s = self._shown_s = time.perf_counter()
        self._pixels = 0

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
            rate = self._pixels / (now_s - self._started_s)
            self._bar.set_postfix_str(f"{rate / 1e6:.1f} MP/s", refresh=False)
            self._bar.update(0)

    def close(self) -> None:
        """Leave the bar as it stands."""
        self._bar.close()

    def say(self, line: str) -> None:
        """A line on stderr above the bar."""
        self._bar.write(line, file=sys.stderr)
