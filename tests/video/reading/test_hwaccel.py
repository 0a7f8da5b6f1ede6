"""Decoding in hardware: where there is none, software does it, and who named a device is told."""

from pathlib import Path

import pytest
from av.codec.hwaccel import hwdevices_available
from clips import Clip, frame_times, write_clip

from upscale.errors import UsageError
from upscale.video.reading.hwaccel import NAMES, find_hwaccel
from upscale.video.reading.reader import Reading, VideoReader


@pytest.mark.parametrize("wish", ["auto", "none", *NAMES])
def test_every_wish_gives_all_frames(tmp_path: Path, wish: str) -> None:
    path = write_clip(tmp_path / "clip.mp4", Clip(audio=False))
    with VideoReader(path, Reading(hwaccel=wish)) as reader:
        times = [frame.pts * reader.info.time_base for frame in reader.frames()]
        said = [note for note in reader.info.notes if wish in note]
    assert times == frame_times(path)
    assert bool(said) or wish in ("auto", "none", *hwdevices_available())


def test_an_unknown_name_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="cuda"):
        find_hwaccel("turbo")


def test_what_this_ffmpeg_lacks_is_said() -> None:
    missing = next(name for name in NAMES if name not in hwdevices_available())
    found, note = find_hwaccel(missing)
    assert found is None and note is not None and missing in note and "software" in note
