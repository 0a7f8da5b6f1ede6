"""How long a batch of pictures of mixed sizes will still take."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path


class Remaining:
    """Counts in pixels of results: known for what is finished, guessed from the files' sizes for the rest.

    How many pixels a byte holds depends on the format, so each is guessed from its own files as soon as one of them
    is finished.
    """

    def __init__(self, sources: Iterable[Path]) -> None:
        self._bytes = {source: _size(source) for source in sources}
        self._left: Counter[str] = Counter()
        for source, size in self._bytes.items():
            self._left[_kind(source)] += size
        self._done_bytes: Counter[str] = Counter()
        self._done_px: Counter[str] = Counter()

    def finished(self, source: Path, pixels: int | None) -> None:
        """One file is out of the way; `pixels` of its result, None where there is none."""
        kind, size = _kind(source), self._bytes.pop(source, 0)
        self._left[kind] -= size
        if pixels is not None:
            self._done_bytes[kind] += size
            self._done_px[kind] += pixels

    def seconds(self, pixels: int, seconds: float) -> float | None:
        """`pixels` were computed in `seconds`: how long the others will take, None where nothing is known yet."""
        known_px = self._done_px.total()
        if not known_px or not pixels:
            return None
        overall = known_px / max(1, self._done_bytes.total())
        left_px = sum(
            size * (self._done_px[kind] / self._done_bytes[kind] if self._done_bytes[kind] else overall)
            for kind, size in self._left.items()
        )
        # Some of what is left is computed already, and waits to be written.
        return max(0.0, known_px + left_px - pixels) * seconds / pixels


def _kind(source: Path) -> str:
    return source.suffix.lower()


def _size(source: Path) -> int:
    try:
        return source.stat().st_size
    except OSError:
        return 0
