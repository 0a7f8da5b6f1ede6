"""Frames of the same time."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import RATE_HZ, Clip, picture, write_clip, write_sine

from upscale.compare.moments import moments
from upscale.compare.shown import Pixels
from upscale.errors import BadInputError

HEIGHT, WIDTH, FRAMES = 32, 48, 12


def _which(frame: Pixels) -> int:
    """The number of the frame that it looks most like."""
    small = frame.astype(int)
    return min(range(FRAMES), key=lambda index: np.abs(picture(index, HEIGHT, WIDTH).astype(int) - small).mean())


def test_all_frames_of_a_short_clip_in_all_containers(tmp_path: Path) -> None:
    exact = write_clip(tmp_path / "a.mp4")
    coarse = write_clip(tmp_path / "b.mkv", Clip(times=[40 * n for n in range(FRAMES)], time_base=Fraction(1, 1000)))
    found = list(moments([exact, coarse], 100))
    assert [[_which(frame) for frame in moment.frames] for moment in found] == [[n, n] for n in range(FRAMES)]
    assert [moment.seconds for moment in found] == [Fraction(n, 25) for n in range(FRAMES)]


def test_a_few_are_spread_over_the_shorter_clip(tmp_path: Path) -> None:
    long = write_clip(tmp_path / "long.mp4")
    short = write_clip(tmp_path / "short.mp4", Clip(times=range(0, 6 * 512, 512)))
    found = list(moments([long, short], 3))
    assert [[_which(frame) for frame in moment.frames] for moment in found] == [[1, 1], [3, 3], [5, 5]]


def _with_longer_sound(path: Path) -> Path:
    """12 frames, 0.48 s, and 3 s of sound."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25, options={"preset": "ultrafast", "crf": "10"})
        video.height, video.width, video.pix_fmt = HEIGHT, WIDTH, "yuv420p"
        audio = container.add_stream("aac", rate=RATE_HZ)
        for index in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(picture(index, HEIGHT, WIDTH)).reformat(format="yuv420p")
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        write_sine(container, audio, 3)
    return path


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.ts"])
def test_sound_may_be_longer_than_the_video(tmp_path: Path, name: str) -> None:
    clip = _with_longer_sound(tmp_path / name)
    assert [_which(moment.frames[0]) for moment in moments([clip], 3)] == [2, 6, 10]


def test_turned_and_narrow_pixels_are_shown_as_players_show_them(tmp_path: Path) -> None:
    turned = write_clip(tmp_path / "turned.mp4", Clip(rotation=90))
    narrow = write_clip(tmp_path / "narrow.mp4", Clip(sample_aspect=Fraction(2)))
    assert next(moments([turned], 1)).frames[0].shape == (WIDTH, HEIGHT, 3)
    assert next(moments([narrow], 1)).frames[0].shape == (HEIGHT, 2 * WIDTH, 3)


def test_what_is_no_clip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"nothing")
    with pytest.raises(BadInputError, match=r"a\.mp4"):
        list(moments([tmp_path / "a.mp4"], 2))
