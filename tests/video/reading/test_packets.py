"""Clocks that jump: all streams go on from where they were, together."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest
from clips import Clip, write_clip

from upscale.video.reading.container import open_container
from upscale.video.reading.packets import _Stamps, _without_outliers, packets
from upscale.video.reading.reader import VideoReader


def times(path: Path, kind: str) -> list[Fraction]:
    with open_container(path) as container:
        found = [packet for packet in packets(container) if packet.stream.type == kind and packet.pts is not None]
        return sorted(packet.pts * packet.time_base for packet in found if packet.pts is not None)


def later(source: Path, seconds: int) -> Path:
    """The same clip, so much later."""
    target = source.with_stem(f"later{seconds}")
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        streams = [new.add_stream_from_template(stream, opaque=True) for stream in old.streams]
        for packet in old.demux():
            if packet.size and packet.pts is not None and packet.dts is not None:
                ticks = round(seconds / packet.time_base)
                packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks
                packet.stream = streams[packet.stream.index]
                new.mux(packet)
    return target


@pytest.mark.parametrize("seconds", [0, 40_000, -40_000])
def test_files_that_were_put_together_play_on(tmp_path: Path, seconds: int) -> None:
    first = write_clip(tmp_path / "first.ts", Clip(times=tuple(range(0, 512 * 100, 512))))
    second = later(first, abs(seconds)) if seconds else first
    parts = (first, second) if seconds >= 0 else (second, first)
    path = tmp_path / "both.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    with VideoReader(path) as reader:
        shown = [frame.pts * reader.info.time_base for frame in reader.frames()]
        assert len(shown) == 200 and reader.damage() is None
    assert all(b - a < Fraction(1, 5) for a, b in pairwise(shown))
    sound = times(path, "audio")
    assert all(b - a < Fraction(1, 5) for a, b in pairwise(sound))
    assert abs(sound[-1] - shown[-1]) < Fraction(1, 2)


def test_a_clock_that_comes_back_takes_no_time_away(tmp_path: Path) -> None:
    first = write_clip(tmp_path / "first.ts", Clip(times=tuple(range(0, 512 * 20, 512))))
    path = tmp_path / "three.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in (first, later(first, 1000), first)))
    assert len(times(path, "video")) == 60


def test_texts_far_apart_hold_no_packets_back(tmp_path: Path) -> None:
    path, words = tmp_path / "clip.mkv", tmp_path / "words.srt"
    clip = write_clip(tmp_path / "in.mkv", Clip(times=tuple(range(0, 12800 * 200, 12800)), audio=False))
    words.write_text("".join(f"{n}\n00:00:{n:02},000 --> 00:00:{n:02},500\na word\n\n" for n in (0, 20, 40)))
    with av.open(str(clip)) as old, av.open(str(words)) as texts, av.open(str(path), "w") as new:
        streams = [new.add_stream_from_template(source.streams[0]) for source in (old, texts)]
        for source, stream in zip((texts, old), reversed(streams), strict=True):
            for packet in source.demux():
                if packet.size:
                    packet.stream = stream
                    new.mux(packet)
    read: list[str] = []
    with open_container(path) as container:
        noted = (read.append(packet.stream.type) or packet for packet in container.demux() if packet.size)  # type: ignore[func-returns-value]
        held = [len(read) - given for given, _ in enumerate(_without_outliers(noted, _Stamps(container)), 1)]
    assert read.count("subtitle") == 3 and max(held) < 5


def video_tags(content: bytes) -> Iterator[int]:
    """Where each of an FLV file's video tags begins."""
    at = 13
    while at + 11 < len(content):
        if content[at] == 9:
            yield at
        at += 11 + int.from_bytes(content[at + 1 : at + 4], "big") + 4


def test_one_time_that_is_far_ahead_does_not_move_the_rest(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.flv", Clip(times=tuple(range(0, 512 * 60, 512)), options={"bf": "0"}))
    content = bytearray(path.read_bytes())
    content[list(video_tags(content))[20] + 7] = 1  # the upper byte of its time: 4.7 hours more
    path.write_bytes(content)
    with VideoReader(path) as reader:
        shown = [frame.pts * reader.info.time_base for frame in reader.frames()]
    assert len(shown) == 60 and all(0 < b - a < Fraction(1, 10) for a, b in pairwise(shown))


def test_a_clip_that_begins_before_zero_begins_at_zero(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.flv", Clip(times=tuple(range(0, 512 * 10, 512)), options={"bf": "0"}))
    sound, early = times(path, "audio"), Fraction(3, 10) - times(path, "video")[0]
    content = bytearray(path.read_bytes())
    for at in video_tags(content):
        if content[at + 12] == 1:  # frames; how much later than decoded they are shown
            content[at + 13 : at + 16] = (-300).to_bytes(3, "big", signed=True)
    path.write_bytes(content)
    with VideoReader(path) as reader:
        shown = [frame.pts * reader.info.time_base for frame in reader.frames()]
        assert f"begins {float(early):.3f} s before 0" in str(reader.info.notes)
    assert shown == [Fraction(index, 25) for index in range(10)]
    assert times(path, "audio") == [time + early for time in sound]
