"""A result on its way from the network to the encoder: piece after piece, never whole unless it is small."""

import threading
from collections import deque
from collections.abc import Iterator

from upscale.errors import UpscaleError
from upscale.flow.pipe import Clock, Control
from upscale.images.picture import Samples

# The network is through with most pictures, and at the next, while they are being encoded. Small results come whole,
# as pieces larger than others, and an animation has many.
_MOST_WAITING = 16
_MOST_WAITING_BYTES = 2**27


class Pieces:
    """Rows of one picture, from top to bottom: one thread puts them, another takes them, a few wait between.

    Both raise Stopped where the flow that `control` belongs to ends first. Shape of each: (n, width, channels).
    """

    def __init__(self, control: Control) -> None:
        self._control = control
        self._changed = threading.Condition()
        self._waiting: deque[Samples] = deque()
        self._error: UpscaleError | None = None
        self._ended = self._unwanted = False

    def put(self, piece: Samples) -> None:
        """Give the next piece, when there is room. Raises UpscaleError when they are no longer wanted."""
        with self._changed:
            self._control.wait(self._changed, self._has_room, self._control.clock())
            if self._unwanted:
                raise UpscaleError("the result is no longer wanted")
            self._waiting.append(piece)
            self._changed.notify_all()

    def end(self, error: UpscaleError | None = None) -> None:
        """Nothing follows; an `error` makes what came before worthless, and comes out where pieces are taken."""
        with self._changed:
            self._ended, self._error = True, error
            self._changed.notify_all()

    def close(self) -> None:
        """Take no more of them, however many there are; `put` will say so."""
        with self._changed:
            self._unwanted = True
            self._waiting.clear()
            self._changed.notify_all()

    def __iter__(self) -> Iterator[Samples]:
        """The pieces as they come. Raises what `end` was given."""
        clock = self._control.clock()  # that of the thread that begins: libvips pulls from threads of its own
        while (piece := self._take(clock)) is not None:
            yield piece

    def _take(self, clock: Clock | None) -> Samples | None:
        with self._changed:
            self._control.wait(self._changed, lambda: self._ended or bool(self._waiting), clock)
            if self._error is not None:
                raise self._error
            piece = self._waiting.popleft() if self._waiting else None
            self._changed.notify_all()
            return piece

    def _has_room(self) -> bool:
        few = len(self._waiting) < _MOST_WAITING and sum(piece.nbytes for piece in self._waiting) < _MOST_WAITING_BYTES
        return few or self._unwanted
