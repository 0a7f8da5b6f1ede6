from fractions import Fraction
from pathlib import Path

import av
import pytest
from clips import RATE_HZ, Clip, frame_times, write_clip, write_sine

from upscale.errors import BadInputError
from upscale.video.colour import Colour
from upscale.video.reader import VideoInfo, VideoReader

VARIABLE = (0, 512, 600, 1800, 1801, 5000, 5100, 9000, 9001, 9002, 20000, 20400)


def read(path: Path) -> tuple[VideoInfo, list[Fraction], list[str]]:
    with VideoReader(path) as reader:
        times = [frame.pts * reader.info.time_base for frame in reader.frames()]
        return reader.info, times, reader.notes()


@pytest.mark.parametrize("times", [VARIABLE, tuple(range(7000, 7000 + 40 * 512, 512))])
@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_every_frame_comes_with_its_own_time(tmp_path: Path, times: tuple[int, ...], suffix: str) -> None:
    path = write_clip(tmp_path / f"clip{suffix}", Clip(times=times))
    _, seen, notes = read(path)
    assert seen == frame_times(path)
    assert len(seen) == len(times) and notes == []


def test_what_the_file_says_is_known_before_the_first_frame(tmp_path: Path) -> None:
    clip = Clip(sample_aspect=Fraction(4, 3), rotation=90, pix_fmt="yuv420p10le", tags=(9, 1, 9, 16))
    info, _, _ = read(write_clip(tmp_path / "clip.mp4", clip))
    assert (info.height, info.width, info.layout.name) == (32, 48, "yuv420p10le")
    assert info.colour == Colour("bt2020", False, "left")
    assert (info.tags.matrix, info.tags.colour_range, info.tags.primaries, info.tags.transfer) == (9, 1, 9, 16)
    assert info.sample_aspect == Fraction(4, 3)
    assert info.display_matrix is not None and info.display_matrix[0] == 0
    assert info.rate == 25 and info.frame_estimate == 12


@pytest.mark.parametrize("siting", ["left", "center", "topleft", "top"])
def test_chroma_siting_is_read(tmp_path: Path, siting: str) -> None:
    options = {"preset": "ultrafast", "chroma_sample_location": siting}
    info, _, _ = read(write_clip(tmp_path / "clip.mp4", Clip(options=options)))
    assert info.colour.siting == siting


@pytest.mark.parametrize(("height", "matrix"), [(718, "bt601"), (720, "bt709")])
def test_an_untagged_matrix_is_guessed_by_height_and_said(tmp_path: Path, height: int, matrix: str) -> None:
    info, _, _ = read(write_clip(tmp_path / "clip.mp4", Clip(times=(0, 512), height=height)))
    assert info.colour.matrix == matrix
    assert any(matrix in note for note in info.notes)


def test_frames_of_one_millisecond_keep_their_order(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mkv", Clip(times=VARIABLE))
    _, times, notes = read(path)
    assert len(frame_times(path)) > len(set(frame_times(path)))  # Matroska's clock is too coarse for them
    assert times == sorted(set(times)) and "no usable time" in notes[0]
    assert all(abs(one - two) <= Fraction(2, 1000) for one, two in zip(times, frame_times(path), strict=True))


def test_a_stream_without_times_gets_regular_ones_and_says_so(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.h264", Clip(audio=False))
    _, times, notes = read(path)
    assert times == [Fraction(index, 25) for index in range(12)]
    assert "12 frames had no usable time" in notes[0]


def cut(source: Path, share: float) -> Path:
    content = source.read_bytes()
    target = source.with_stem("cut")
    target.write_bytes(content[: int(len(content) * share)])
    return target


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


def test_a_cut_off_mp4_is_no_shorter_clip(tmp_path: Path) -> None:
    whole = fast_start(write_clip(tmp_path / "clip.mp4", Clip(times=tuple(range(0, 512 * 60, 512)))))
    with pytest.raises(BadInputError, match=r"cut off: \d+ of 60 frames|damaged after"):
        read(cut(whole, 0.6))


def test_a_cut_off_matroska_is_no_shorter_clip(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "clip.mkv", Clip(times=tuple(range(0, 12800 * 5, 512))))
    with pytest.raises(BadInputError, match=r"cut off|damaged"):
        read(cut(whole, 0.5))


@pytest.mark.parametrize("content", [b"", b"hello, no video\n" * 40, b"\x00" * 4000])
def test_what_is_no_video_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "text.mp4"
    path.write_bytes(content)
    with pytest.raises(BadInputError, match=r"text\.mp4"):
        read(path)


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=RATE_HZ)
        write_sine(container, stream, 1.0)
    with pytest.raises(BadInputError, match="no video"):
        read(path)


def test_a_clip_that_changes_its_size_is_refused(tmp_path: Path) -> None:
    parts = [write_clip(tmp_path / f"{h}.h264", Clip(height=h, audio=False)) for h in (32, 64)]
    joined = tmp_path / "joined.h264"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    with pytest.raises(BadInputError, match="changes from 48x32 to 48x64"):
        read(joined)
