"""What has been pulled and not wholly given back: with it a failed attempt begins again and nothing comes twice."""

from collections import deque
from collections.abc import Iterable, Iterator

from upscale.engine.bands import LrSource, SrBand


class Unfinished:
    """Sources on their way through the engine. `reading`: the next one is being pulled at this moment."""

    def __init__(self, sources: Iterable[LrSource], scale: int) -> None:
        self._sources = iter(sources)
        self._scale = scale
        self._given = 0
        self.pulled: deque[LrSource] = deque()
        self.reading = False

    def from_the_first(self) -> Iterator[LrSource]:
        """Those pulled before, then the rest."""
        yield from tuple(self.pulled)
        while True:
            self.reading = True
            source = next(self._sources, None)
            self.reading = False
            if source is None:
                return
            self.pulled.append(source)
            yield source

    def fresh(self, band: SrBand) -> Iterator[SrBand]:
        """The part of a band that has not been given before, if there is one; it counts as given now."""
        skipped = max(0, self._given - band.top) if band.source is self.pulled[0] else 0
        bottom = band.top + band.rows.shape[1]
        if skipped >= band.rows.shape[1]:
            return
        self._given = bottom
        if bottom == band.source.height * self._scale:
            self.pulled.popleft()
            self._given = 0
        yield SrBand(band.source, band.top + skipped, band.rows[:, skipped:]) if skipped else band
