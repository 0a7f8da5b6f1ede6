"""The finished file: written once, looked at once, and no success where something is missing."""

import os
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import Clip, frame_times, write_clip
from ffprobe import probe
from tracks import Medley, heard, rejoin, write_medley

from upscale.errors import BadInputError, OutputError
from upscale.video.colour.layout import component_views
from upscale.video.encoding.encoder import EncoderPlan, Encoding, plan_encoder
from upscale.video.encoding.segments import Picture, Segment, write_segments
from upscale.video.reading.reader import VideoReader
from upscale.video.tracks.mux import MuxPlan, Tracks, plan_mux
from upscale.video.tracks.verify import check
from upscale.video.tracks.writer import Joined, join

LATE = range(12800, 12800 + 20 * 512, 512)


def made(source: Path, target: Path, times: Sequence[int] | None = None) -> tuple[list[Segment], MuxPlan, int]:
    """Segments of black pictures, at the frames' times or others, and the plan of a file with them."""
    with VideoReader(source) as reader:
        encoder = plan_encoder(reader.info, 16, 32, Encoding(preset="ultrafast", pix_fmt="yuv420p"), target)
        frames = list(reader.frames())
        shown = [(frame.pts, frame.duration) for frame in frames] if times is None else [(pts, 1) for pts in times]
        planes = blank(encoder)
        folder = target.with_name(target.name + ".segments")
        folder.mkdir()
        segments = list(write_segments((Picture(planes, *at) for at in shown), encoder, folder))
        return segments, plan_mux(reader.info, encoder, target, Tracks()), len(shown)


def blank(encoder: EncoderPlan) -> tuple[np.ndarray, ...]:
    frame = av.VideoFrame(encoder.coded_width, encoder.coded_height, encoder.layout.name)
    return tuple(np.zeros_like(view) for view in component_views(frame, encoder.layout))


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("times", [tuple(LATE), (0, 1, 2, 40000, 40001), (0,)], ids=["late", "uneven", "one"])
def test_frames_keep_their_times(tmp_path: Path, suffix: str, times: tuple[int, ...]) -> None:
    source = write_clip(tmp_path / "in.mp4", Clip(times=times if len(times) > 1 else (0, 512), audio=False))
    # Matroska counts in milliseconds, of which there are fewer than ticks here.
    spread, limit = (20, Fraction(1, 1000)) if suffix == ".mkv" else (1, 0)
    shown = [spread * time for time in times]
    segments, plan, frames = made(source, tmp_path / f"out{suffix}", shown)
    list(check(plan.target, plan, frames, join(segments, plan, plan.target)))
    wanted = [time * plan.encoder.time_base for time in shown]
    assert all(abs(a - b) <= limit for a, b in zip(frame_times(plan.target), wanted, strict=True))


def test_the_index_of_an_mp4_is_in_front(tmp_path: Path) -> None:
    source = write_medley(tmp_path / "in.mkv")
    rejoin(source, tmp_path / "out.mp4")
    content = (tmp_path / "out.mp4").read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")


@pytest.mark.parametrize("lost", ["frame", "packet", "time"])
def test_what_is_missing_is_an_error_with_numbers(tmp_path: Path, lost: str) -> None:
    source, target = write_medley(tmp_path / "in.mkv"), tmp_path / "out.mkv"
    segments, plan, frames = made(source, target)
    joined = join(segments, plan, target)
    sound = joined.written[1]
    if lost == "frame":
        with pytest.raises(OutputError, match=f"{frames + 1} frames were decoded, but .mkv holds {frames}"):
            list(check(target, plan, frames + 1, joined))
        return
    later = replace(sound, last=(sound.last or 0) + 9)
    wrong = replace(sound, packets=sound.packets + 1) if lost == "packet" else later
    with pytest.raises(OutputError, match="packets of its aac" if lost == "packet" else "moves its aac .* by 0.009 s"):
        list(check(target, plan, frames, Joined({**joined.written, 1: wrong})))


@pytest.mark.parametrize("what", ["vanishes", "changes"])
def test_a_source_that_is_no_longer_the_same_is_said(tmp_path: Path, what: str) -> None:
    source = write_medley(tmp_path / "in.mkv")
    segments, plan, _ = made(source, tmp_path / "out.mkv")
    if what == "vanishes":
        source.unlink()
    else:
        os.utime(source, ns=(1, 1))
    with pytest.raises(BadInputError, match="has vanished" if what == "vanishes" else "has changed"):
        join(segments, plan, plan.target)


def test_a_full_disk_is_an_output_error(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("/dev/full is missing")
    source = write_medley(tmp_path / "in.mkv")
    segments, plan, _ = made(source, tmp_path / "out.mkv")
    (tmp_path / "full.mkv").symlink_to("/dev/full")
    with pytest.raises(OutputError, match="no space left"):
        join(segments, plan, tmp_path / "full.mkv")


@pytest.mark.parametrize("audio", ["copy", "opus"])
def test_broken_sound_does_not_end_the_video(tmp_path: Path, audio: str) -> None:
    source = write_medley(tmp_path / "whole.mkv", Medley(audio=("ac3",), rate=48000, words=None))
    broken = tmp_path / "in.mkv"
    with av.open(str(source)) as old, av.open(str(broken), "w") as new:
        streams = [new.add_stream_from_template(stream, opaque=True) for stream in old.streams]
        for number, packet in enumerate(packet for packet in old.demux() if packet.size):
            is_hit = packet.stream.type == "audio" and number % 7 == 0
            bad = av.Packet(b"\x0b\x77" + bytes(packet.size - 2)) if is_hit else packet
            bad.pts, bad.dts, bad.duration, bad.time_base = packet.pts, packet.dts, packet.duration, packet.time_base
            bad.stream, bad.is_keyframe = streams[packet.stream.index], packet.is_keyframe
            new.mux(bad)
    _, late = rejoin(broken, tmp_path / "out.mkv", Tracks(audio=audio))  # type: ignore[arg-type]
    assert len(frame_times(tmp_path / "out.mkv")) == 50
    if audio == "copy":
        assert len(probe(tmp_path / "out.mkv").packets("a:0")) == len(probe(broken).packets("a:0"))
    else:
        assert any("could not be decoded" in note for note in late)
        sound, rate = heard(tmp_path / "out.mkv")
        assert 1.9 < len(sound) / rate < 2.1


def test_a_source_that_breaks_off_gives_what_is_there(tmp_path: Path) -> None:
    whole = write_medley(tmp_path / "whole.mkv", Medley(audio=("pcm_s16le",), rate=48000))
    source = tmp_path / "in.mkv"
    source.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    rejoin(source, tmp_path / "out.mkv")
    one, other = (probe(path).packets("a:0") for path in (source, tmp_path / "out.mkv"))
    assert [packet["data_hash"] for packet in other] == [packet["data_hash"] for packet in one]


def test_what_the_container_does_not_keep_is_said(tmp_path: Path) -> None:
    plain, source = write_medley(tmp_path / "plain.mkv"), tmp_path / "in.mkv"
    with av.open(str(plain)) as old, av.open(str(source), "w") as new:
        new.metadata.update({"title": "kept", "mood": "merry"})
        streams = [new.add_stream_from_template(stream, opaque=True) for stream in old.streams]
        streams[1].disposition = av.stream.Disposition.karaoke
        for packet in old.demux():
            if packet.size:
                packet.stream = streams[packet.stream.index]
                new.mux(packet)
    _, late = rejoin(source, tmp_path / "out.mp4")
    assert [note for note in late if "mood" in note]
    assert rejoin(source, tmp_path / "out.mkv")[1] == []
    assert probe(tmp_path / "out.mkv").format()["tags"]["MOOD"] == "merry"
