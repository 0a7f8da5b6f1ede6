"""A video run that is killed again and again ends as if it had never been."""

import hashlib
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clips import Clip, picture, write_clip
from commands import Run, started
from ffprobe import probe

from upscale.video.resume.journal import read_journal
from upscale.video.resume.workplace import folder_of

SEGMENT_FRAMES = 10
FRAMES = 400
WORDS = ("video", "-m", "nearest", "-s", 2, "--device", "cpu", "--segment-frames", SEGMENT_FRAMES, "--json")


@dataclass(frozen=True)
class Case:
    """A clip, made by `write`, and the options it is enlarged with."""

    write: Callable[[Path], Path]
    suffix: str
    words: tuple[str, ...]


def variable(folder: Path) -> Path:
    """Odd times, B-frames, and a frame that stays for two seconds at the start of every third segment."""
    rng = np.random.default_rng(1)
    steps = rng.integers(200, 900, FRAMES)
    steps[:: 3 * SEGMENT_FRAMES] = 25600
    times = tuple(int(time) for time in np.cumsum(steps))
    return write_clip(folder / "in.mp4", Clip(times=times, options={"preset": "ultrafast", "bf": "3"}))


def with_subtitles(folder: Path) -> Path:
    """Sound, text and a chapter in Matroska."""
    plain, path = write_clip(folder / "plain.mkv", Clip(times=regular())), folder / "in.mkv"
    with av.open(str(plain)) as old, av.open(str(path), "w") as new:
        streams = [new.add_stream_from_template(stream, opaque=True) for stream in old.streams]
        text = new.add_mux_stream("subrip")
        text.time_base = Fraction(1, 1000)
        chapter = {"id": 1, "start": 0, "end": 900, "time_base": Fraction(1, 1000), "metadata": {"title": "one"}}
        new.set_chapters([chapter])
        for packet in old.demux():
            if packet.size:
                packet.stream = streams[packet.stream.index]
                new.mux(packet)
        for start in range(0, 4000, 500):
            said = av.Packet(f"at {start}".encode())
            said.pts = said.dts = start
            said.duration, said.time_base, said.stream = 400, Fraction(1, 1000), text
            new.mux(said)
    plain.unlink()
    return path


def interlaced(folder: Path) -> Path:
    options = {"preset": "ultrafast", "flags": "+ildct+ilme", "x264-params": "tff=1"}
    return write_clip(folder / "in.mkv", Clip(times=regular(), options=options, audio=False))


def doubled(folder: Path) -> Path:
    """Lossless, each picture stays for three frames, so that repeats lie across the segments' borders."""
    path = folder / "in.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width, stream.pix_fmt = 32, 48, "yuv444p"
        for index in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(picture(index // 3, 32, 48)).reformat(format="yuv444p")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def plain(folder: Path) -> Path:
    return write_clip(folder / "in.mp4", Clip(times=regular()))


def regular() -> tuple[int, ...]:
    return tuple(range(0, FRAMES * 512, 512))


CASES = {
    "variable rate, B-frames": Case(variable, ".mp4", ("--preset", "veryfast", "-e", "bf=3")),
    "sound, text": Case(with_subtitles, ".mkv", ("--preset", "ultrafast")),
    "interlaced": Case(interlaced, ".mkv", ("-c", "ffv1", "--deinterlace", "on")),
    "repeats": Case(doubled, ".mkv", ("--preset", "veryfast", "--dedup", "exact")),
    "x265": Case(plain, ".mp4", ("-c", "libx265", "--preset", "ultrafast", "-e", "bf=3")),
}


@pytest.mark.parametrize(
    ("name", "kills"),
    [
        ("variable rate, B-frames", 2),
        *(pytest.param(name, 20, marks=pytest.mark.slow) for name in CASES),
    ],
)
def test_killed_and_restarted_ends_like_an_undisturbed_run(
    name: str, kills: int, tmp_path: Path, run_here: Callable[..., Run]
) -> None:
    case = CASES[name]
    source = case.write(tmp_path)
    wanted, target = tmp_path / f"wanted{case.suffix}", tmp_path / "out" / f"clip{case.suffix}"
    words = (*WORDS, source, "-o", target, *case.words)
    assert run_here(*WORDS, source, "-o", wanted, *case.words).code == 0
    rng = random.Random(name)
    kept = 0
    for left in range(kills, 0, -1):
        # Between two kills so much is done that all of them fall into the work.
        goal = len(segments(target)) + rng.randint(0, 2 * (FRAMES - kept) // SEGMENT_FRAMES // (left + 2))
        kill_at(goal, words, target, rng)
        assert kept_frames(target) >= kept or target.exists()
        kept = kept_frames(target)
    last = run_here(*words)
    event = next(event for event in last.events() if event["event"] == "video")
    assert last.code == 0
    if event["status"] == "done":  # else the last kill came after the last frame
        assert event["resumed_frames"] == kept
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    assert contents(target) == contents(wanted)
    assert pictures(target) == pictures(wanted)


def kill_at(goal: int, words: tuple[object, ...], target: Path, rng: random.Random) -> None:
    """Run until so many segments are there, and a moment longer; then not a word more."""
    with started(*words) as process:
        while len(segments(target)) < goal and process.poll() is None:
            time.sleep(0.001)
        time.sleep(rng.random() * 0.05)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def segments(target: Path) -> list[Path]:
    """What is in the folder beside the target, finished or not."""
    return list(folder_of(target).glob("*.packets"))


def kept_frames(target: Path) -> int:
    """What the journal promises."""
    journal = read_journal(folder_of(target) / "journal")
    return sum(segment.frames for segment in journal.segments) if journal else 0


def contents(path: Path) -> list[Any]:
    """Every stream's packets, with all times and a hash of each, and the chapters, as ffprobe has them."""
    judge = probe(path)
    streams = judge.streams()
    return [[judge.packets(str(stream["index"])) for stream in streams], judge.chapters()]


def pictures(path: Path) -> list[tuple[Fraction, str]]:
    """When each decoded frame is shown, and a hash of it."""
    return list(_pictures(path))


def _pictures(path: Path) -> Iterator[tuple[Fraction, str]]:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield frame.pts * frame.time_base, hashlib.sha256(frame.to_ndarray().tobytes()).hexdigest()
