"""The progress bar, shared by `images` and `video`: on stderr, and none where stderr is no terminal."""

import sys
import time
from typing import Any


class Progress:
    """A bar over `total` items with the rate of finished megapixels beside it."""

    def __init__(self, total: int | None, unit: str, *, quiet: bool) -> None:
        from tqdm import tqdm

        # disable=None is tqdm's word for: unless stderr is a terminal.
        self._bar: Any = tqdm(total=total, unit=unit, disable=True if quiet else None, dynamic_ncols=True)
        self._started_s = time.perf_counter()
        self._pixels = 0

    def step(self, count: int = 1) -> None:
        """So many more items are finished."""
        self._bar.update(count)

    def pixels(self, count: int) -> None:
        """So many more pixels of results are computed."""
        self._pixels += count
        rate = self._pixels / max(time.perf_counter() - self._started_s, 1e-6)
        self._bar.set_postfix_str(f"{rate / 1e6:.1f} MP/s", refresh=False)
        self._bar.update(0)

    def close(self) -> None:
        """Leave the bar as it stands."""
        self._bar.close()

    def say(self, line: str) -> None:
        """A line on stderr above the bar."""
        self._bar.write(line, file=sys.stderr)
