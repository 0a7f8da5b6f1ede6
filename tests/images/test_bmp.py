"""OpenCV writes the same format, and is the judge."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from upscale.errors import OutputError
from upscale.images import bmp


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("width", [1, 5, 8, 13])
def test_pieces_give_the_file_that_opencv_writes(channels: int, width: int, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (11, width, channels), np.uint8)
    bmp.write(tmp_path / "a.bmp", (11, width), [pixels[:4], pixels[4:5], pixels[5:]])
    expected = cv2.imencode(".bmp", np.ascontiguousarray(pixels[..., ::-1]))[1].tobytes()
    assert (tmp_path / "a.bmp").read_bytes() == expected


def test_what_cannot_be_a_whole_file_is_refused(tmp_path: Path) -> None:
    rows = np.zeros((1, 40_000, 3), np.uint8)
    with pytest.raises(OutputError, match="4 GiB"):
        bmp.write(tmp_path / "a.bmp", (40_000, 40_000), [rows])
    with pytest.raises(OutputError, match="the rows end at 1 of 2"):
        bmp.write(tmp_path / "a.bmp", (2, 40_000), [rows])
