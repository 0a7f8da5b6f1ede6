"""Broken files: all that decodes is kept, and one sentence says what is missing. Judge: an undisturbed decode."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import Clip, write_clip

from upscale.errors import BadInputError
from upscale.video.reading.reader import Reading, VideoReader

LONG = tuple(range(0, 512 * 100, 512))
OPTIONS = {"preset": "ultrafast", "crf": "10", "bf": "2", "g": "20"}


def read(path: Path, threads: int = 1) -> tuple[list[Fraction], str | None, list[str]]:
    with VideoReader(path, Reading(threads=threads)) as reader:
        times = [frame.pts * reader.info.time_base for frame in reader.frames()]
        return times, reader.damage(), reader.notes()


def clip(folder: Path, suffix: str) -> Path:
    path = write_clip(folder / f"whole{suffix}", Clip(times=LONG, options=OPTIONS, audio=suffix != ".flv"))
    return path if suffix != ".mp4" else fast_start(path)


def fast_start(source: Path) -> Path:
    """The same file with its index in front."""
    target = source.with_stem("front")
    with av.open(str(source)) as old, av.open(str(target), "w", container_options={"movflags": "faststart"}) as new:
        stream = new.add_stream_from_template(old.streams.video[0], opaque=True)
        for packet in old.demux(video=0):
            if packet.size:
                packet.stream = stream
                new.mux(packet)
    return target


def changed(source: Path, start: float, count: int, new: bytes | None = None) -> Path:
    """A copy with so many bytes, from a share of its length on, replaced, by zeros unless said otherwise."""
    content = bytearray(source.read_bytes())
    at = int(len(content) * start)
    content[at : at + count] = bytes(count) if new is None else new
    target = source.with_stem("broken")
    target.write_bytes(content)
    return target


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".avi", ".flv", ".mov"])
def test_whole_files_are_not_called_damaged(tmp_path: Path, suffix: str) -> None:
    times, damage, _ = read(clip(tmp_path, suffix))
    assert len(times) == 100 and damage is None


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi", ".flv"])
def test_a_cut_off_file_is_read_to_where_it_was_cut(tmp_path: Path, suffix: str) -> None:
    whole = clip(tmp_path, suffix)
    times, damage, _ = read(changed(whole, 0.6, 10**9, b""))
    # The last ones wait for frames that are not there.
    assert 30 < len(times) < 90 and set(times[:-4]) <= set(read(whole)[0])
    assert damage is not None and "cut off" in damage and "broken" in damage


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi", ".flv"])
def test_what_comes_after_a_broken_middle_is_kept(tmp_path: Path, suffix: str) -> None:
    whole = clip(tmp_path, suffix)
    times, damage, _ = read(changed(whole, 0.5, 1500))
    assert 50 < len(times) <= 100 and abs(times[-1] - read(whole)[0][-1]) < Fraction(1, 10)
    assert damage is not None and "packet" in damage or "piece" in str(damage)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".flv"])
def test_threads_lose_no_frame_of_a_damaged_file(tmp_path: Path, suffix: str) -> None:
    broken = changed(clip(tmp_path, suffix), 0.9, 600)
    assert read(broken, threads=4) == read(broken, threads=1)


@pytest.mark.parametrize("seed", range(2))
def test_noise_gives_frames_or_a_clear_error(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for suffix in (".mp4", ".mkv", ".ts", ".avi", ".flv"):
        whole = clip(tmp_path, suffix)
        content = bytearray(whole.read_bytes())
        for place in rng.integers(0, len(content), 30):
            content[place] = rng.integers(256)
        whole.write_bytes(content)
        try:
            times, damage, notes = read(whole)
        except BadInputError as error:
            assert whole.name in str(error)
            continue
        assert times == sorted(set(times))
        # TS has nothing to tell how many there were.
        assert len(times) >= 100 or damage or (notes and suffix in (".ts", ".flv"))


def test_no_frame_at_all_is_an_error(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "clip.mp4", Clip(audio=False))
    content = bytearray(whole.read_bytes())
    at = content.index(b"mdat") + 4
    content[at : content.index(b"moov") - 4] = bytes(content.index(b"moov") - 4 - at)
    whole.write_bytes(content)
    with pytest.raises(BadInputError, match=r"clip\.mp4 (is damaged|holds no frame)"):
        read(whole)


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "frames", "words"),
    [
        ("androidx_media/sample_with_invalid_nalu.mp4", 29, "1 packet of its video cannot be decoded (at 0.87 s"),
        ("decord/corrupted.mp4", 49, "1 packet of its video cannot be decoded (at 3.00 s"),
    ],
)
def test_real_broken_clips_keep_all_that_decodes(data_folder: Path, name: str, frames: int, words: str) -> None:
    for threads in (1, 3):
        times, damage, _ = read(data_folder / "video" / name, threads)
        assert len(times) == frames and words in str(damage)


@pytest.mark.data
def test_a_real_clip_without_any_frame_is_an_error(data_folder: Path) -> None:
    with pytest.raises(BadInputError, match="51 packets of its video cannot be decoded .*; nothing is left"):
        read(data_folder / "video/androidx_media/invalid-bitstream.webm")
