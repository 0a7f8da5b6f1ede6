"""A part of a clip, exact to the frame: the same frames that a whole reading shows in that time."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from clips import Clip, write_clip

from upscale.errors import UsageError
from upscale.video.reading.container import open_container
from upscale.video.reading.reader import Frame, Reading, VideoReader
from upscale.video.reading.timing import Span, origin_s

STEPS = np.random.default_rng(3).integers(300, 2500, 90)
VARIABLE = tuple(int(time) for time in np.cumsum(STEPS))
REGULAR = tuple(range(0, 512 * 90, 512))
OPTIONS = {"preset": "ultrafast", "crf": "10", "bf": "3", "g": "24"}
OPEN = {"preset": "veryfast", "crf": "10", "bf": "3", "g": "24", "x264-params": "open-gop=1"}


def read(path: Path, span: Span) -> tuple[list[Frame], Fraction]:
    with VideoReader(path, Reading(span=span)) as reader:
        return [Frame(tuple(plane.copy() for plane in f.planes), f.pts, f.duration) for f in reader.frames()], (
            reader.info.time_base
        )


@pytest.mark.parametrize("options", [OPTIONS, OPEN])
@pytest.mark.parametrize("times", [REGULAR, VARIABLE])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".avi", ".flv", ".h264"])
def test_a_part_is_what_the_whole_shows_then(
    tmp_path: Path, suffix: str, times: tuple[int, ...], options: dict[str, str]
) -> None:
    path = write_clip(tmp_path / f"clip{suffix}", Clip(times=times, options=options, audio=suffix in (".mp4", ".mkv")))
    with open_container(path) as container:
        begin = origin_s(container)
    whole, tick = read(path, Span())
    for start_s, end_s in [("0.5", "1.3"), ("1.96", "2.4"), ("0", "0.2"), ("2.9", "99")]:
        start, end = Fraction(start_s), Fraction(end_s)
        part, _ = read(path, Span(start, end))
        wanted = [frame for frame in whole if start <= frame.pts * tick - begin < end]
        assert len(part) == len(wanted) > 0
        assert all(np.array_equal(a.planes[0], b.planes[0]) for a, b in zip(part, wanted, strict=True))
        shift = (begin + start) / tick
        assert all(abs(a.pts - (b.pts - shift)) <= 1 for a, b in zip(part, wanted, strict=True))
        assert part[0].pts >= 0


def test_the_end_alone_keeps_the_beginning(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", Clip(times=REGULAR))
    part, tick = read(path, Span(None, Fraction("0.2")))
    assert [frame.pts * tick for frame in part] == [Fraction(index, 25) for index in range(5)]


def test_the_last_frame_ends_with_the_part(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", Clip(times=(0, 12800, 128000), audio=False))
    part, tick = read(path, Span(None, Fraction(3)))
    assert len(part) == 2 and part[-1].duration * tick == 2


def test_nothing_behind_the_end(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mkv", Clip(times=REGULAR))
    with pytest.raises(UsageError, match=r"clip\.mkv"):
        read(path, Span(Fraction(50), None))
