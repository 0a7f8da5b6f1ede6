"""The packets that went into a decoder against the frames that came out of it."""

from collections import deque
from dataclasses import dataclass, field

import av

from upscale.video.reading.container import AnyPacket

# More than any decoder keeps back: threads, and frames that wait for their turn.
_TAIL = 128


@dataclass
class Balance:
    """Counts both, and knows by their times which of the last packets have no frame yet."""

    packets: int = 0
    frames: int = 0
    _waiting: deque[int] = field(default_factory=lambda: deque(maxlen=_TAIL))

    def sent(self, packet: AnyPacket) -> None:
        """A packet goes in; those that an edit list hides give no frame."""
        if not packet.is_discard:
            self.packets += 1
            if packet.pts is not None:
                self._waiting.append(packet.pts)

    def came(self, frame: av.VideoFrame) -> None:
        """A frame comes out."""
        self.frames += 1
        if frame.pts is not None and frame.pts in self._waiting:
            self._waiting.remove(frame.pts)

    @property
    def lacks_its_last(self) -> bool:
        """Whether frames are missing at the end, and nowhere else.

        Who codes fields by themselves, or frames that are not shown, has more packets than frames all along.
        """
        return bool(self._waiting) and self.packets - self.frames == len(self._waiting)
