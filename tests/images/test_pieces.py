import threading
import time

import numpy as np
import pytest

from upscale.errors import UpscaleError
from upscale.flow.pipe import Control, Stopped
from upscale.images.pieces import Pieces


def piece(value: int) -> np.ndarray:
    return np.full((1, 2, 3), value, np.uint8)


def test_pieces_come_in_order_and_few_wait() -> None:
    pieces, given = Pieces(Control()), []

    def give() -> None:
        for value in range(60):
            pieces.put(piece(value))
            given.append(value)
        pieces.end()

    giver = threading.Thread(target=give)
    giver.start()
    taken = []
    for item in pieces:
        time.sleep(0.001)
        assert len(given) <= len(taken) + 18  # 16 wait, one is being given, one is here
        taken.append(int(item[0, 0, 0]))
    giver.join(timeout=10)
    assert taken == list(range(60))


def test_an_error_comes_out_even_before_what_is_waiting() -> None:
    pieces = Pieces(Control())
    pieces.put(piece(1))
    pieces.end(UpscaleError("the engine died"))
    with pytest.raises(UpscaleError, match="the engine died"):
        next(iter(pieces))


def test_who_gives_learns_that_nobody_takes() -> None:
    pieces, errors = Pieces(Control()), []

    def give() -> None:
        try:
            for value in range(100):
                pieces.put(piece(value))
        except UpscaleError as error:
            errors.append(error)

    giver = threading.Thread(target=give)
    giver.start()
    next(iter(pieces))
    pieces.close()
    giver.join(timeout=10)
    assert len(errors) == 1


def test_both_ends_wake_when_the_flow_stops() -> None:
    control = Control()
    full, empty = Pieces(control), Pieces(control)
    for value in range(16):
        full.put(piece(value))
    threading.Timer(0.05, lambda: setattr(control, "stopped", True)).start()
    with pytest.raises(Stopped):
        full.put(piece(16))
    with pytest.raises(Stopped):
        next(iter(empty))
