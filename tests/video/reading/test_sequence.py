"""Pictures with numbered names, GIF, APNG and animated WebP as clips."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import Clip, picture, write_clip
from PIL import Image

from upscale.errors import BadInputError, UsageError
from upscale.video.reading.reader import Frame, Reading, VideoReader


def pictures(folder: Path, numbers: range, name: str = "{:05d}.png") -> None:
    folder.mkdir(exist_ok=True)
    for index, number in enumerate(numbers):
        Image.fromarray(picture(index, 32, 48)).save(folder / name.format(number))


def read(path: Path, rate: Fraction | None = None) -> tuple[list[Frame], list[Fraction], tuple[str, ...], str | None]:
    with VideoReader(path, Reading(rate=rate)) as reader:
        frames = list(reader.frames())
        times = [frame.pts * reader.info.time_base for frame in frames]
        return frames, times, reader.info.notes, reader.damage()


@pytest.mark.parametrize(("start", "rate"), [(0, None), (1, Fraction(24000, 1001)), (4711, Fraction(10))])
def test_numbered_pictures_are_a_clip(tmp_path: Path, start: int, rate: Fraction | None) -> None:
    pictures(tmp_path / "100%d", range(start, start + 7))
    frames, times, notes, damage = read(tmp_path / "100%d" / "%05d.png", rate)
    assert times == [index / (rate or Fraction(25)) for index in range(7)] and not notes and damage is None
    assert all(np.array_equal(frame.planes[0], picture(i, 32, 48)[..., 0]) for i, frame in enumerate(frames))


def test_a_gap_is_the_end_and_is_said(tmp_path: Path) -> None:
    pictures(tmp_path, range(1, 6))
    pictures(tmp_path, range(9, 12))
    frames, _, notes, damage = read(tmp_path / "%05d.png")
    assert len(frames) == 5 and damage is None
    assert notes[0] == "number 6 is missing: 5 pictures before it are read, 3 behind it are not"


def test_a_broken_picture_is_left_out_and_the_others_keep_their_times(tmp_path: Path) -> None:
    pictures(tmp_path, range(6), "p%d.png".replace("%d", "{}"))
    (tmp_path / "p2.png").write_bytes((tmp_path / "p2.png").read_bytes()[:200])
    _, times, _, damage = read(tmp_path / "p%d.png")
    assert times == [Fraction(index, 25) for index in (0, 1, 3, 4, 5)] and "0.08 s" in str(damage)


def test_no_such_pictures_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file is named like"):
        read(tmp_path / "%05d.png")


def animation(path: Path, delays_ms: list[int]) -> list[Image.Image]:
    images = [Image.fromarray(picture(9 * index, 32, 48)) for index in range(len(delays_ms))]
    options = {"lossless": True} if path.suffix == ".webp" else {}
    images[0].save(path, save_all=True, append_images=images[1:], duration=delays_ms, loop=0, **options)
    return images


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_animations_keep_their_delays_to_the_last(tmp_path: Path, suffix: str) -> None:
    delays = [100, 40, 250, 70, 500]
    images = animation(tmp_path / f"a{suffix}", delays)
    with VideoReader(tmp_path / f"a{suffix}") as reader:
        frames = list(reader.frames())
        tick = reader.info.time_base
    assert [frame.pts * tick for frame in frames] == [Fraction(sum(delays[:i]), 1000) for i in range(5)]
    assert [frame.duration * tick for frame in frames] == [Fraction(delay, 1000) for delay in delays]
    if suffix != ".gif":
        assert all(
            np.array_equal(np.stack(frame.planes[:3], axis=-1), np.asarray(image))
            for frame, image in zip(frames, images, strict=True)
        )


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_a_cut_off_animation_keeps_its_beginning(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    animation(path, [100] * 6)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 7 // 10])
    frames, _, _, damage = read(path)
    assert 1 <= len(frames) < 6 and damage is not None


def test_a_single_webp_is_a_picture(tmp_path: Path) -> None:
    Image.fromarray(picture(0, 32, 48)).save(tmp_path / "a.webp")
    with pytest.raises(BadInputError, match="upscale images"):
        read(tmp_path / "a.webp")


def test_a_file_may_be_called_like_a_pattern(tmp_path: Path) -> None:
    assert len(read(write_clip(tmp_path / "take%03d.mp4", Clip(audio=False)))[0]) == 12


def test_a_raw_stream_takes_the_rate_that_is_asked_for(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.h264", Clip(audio=False))
    _, times, _, _ = read(path, Fraction(30000, 1001))
    assert all(abs(time - index * Fraction(1001, 30000)) < Fraction(1, 10**6) for index, time in enumerate(times))
    assert av.open(str(path)).streams.video[0].start_time is None
