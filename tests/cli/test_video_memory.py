"""How much memory a clip takes must not depend on its length."""

import os
import sys
from pathlib import Path

import pytest
from clips import Clip, write_clip
from commands import PROJECT, command

LONG_S, SHORT_S = 60, 5
MOST = 1.05


def peak_bytes(*words: object) -> int:
    """The most memory that a run of `upscale video` has had."""
    child = os.posix_spawn(sys.executable, command("video", *words), {**os.environ, "PYTHONPATH": str(PROJECT)})
    _, status, usage = os.wait4(child, 0)
    assert status == 0
    return usage.ru_maxrss * 1024


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere ru_maxrss counts otherwise")
@pytest.mark.parametrize("codec", ["libx264", "ffv1"])
def test_a_long_clip_takes_no_more_than_a_short_one(tmp_path: Path, codec: str) -> None:
    peaks = []
    for seconds in (SHORT_S, LONG_S):
        clip = Clip(times=tuple(range(0, seconds * 25 * 512, 512)), height=180, width=320)
        source = write_clip(tmp_path / f"{seconds}.mkv", clip)
        words = ("-m", "nearest", "-s", 2, "--device", "cpu", "-c", codec, "-q")
        peaks.append(peak_bytes(source, "-o", tmp_path / f"out{seconds}.mkv", *words))
    assert peaks[1] <= MOST * peaks[0], peaks
