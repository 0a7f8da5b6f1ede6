from fractions import Fraction
from pathlib import Path

import av
import pytest
from clips import RATE_HZ, Clip, frame_times, write_clip, write_sine

from upscale.errors import BadInputError
from upscale.video.colour.conversion import Colour
from upscale.video.reading.reader import VideoInfo, VideoReader
from upscale.video.view import Viewing, plan_view

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
    assert any(matrix in note for note in plan_view(info, Viewing()).notes)


def test_frames_of_one_millisecond_keep_their_order(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mkv", Clip(times=VARIABLE))
    _, times, notes = read(path)
    assert len(frame_times(path)) > len(set(frame_times(path)))  # Matroska's clock is too coarse for them
    assert times == sorted(set(times)) and "moved behind it by a tick" in notes[0]
    assert all(abs(one - two) <= Fraction(2, 1000) for one, two in zip(times, frame_times(path), strict=True))


def test_a_stream_without_times_gets_regular_ones_and_says_so(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.h264", Clip(audio=False))
    _, times, notes = read(path)
    assert times == [Fraction(index, 25) for index in range(12)]
    assert "without a time" in notes[0] and notes[0].endswith(": 12")


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


def test_text_is_no_video_whatever_ffmpeg_makes_of_it(tmp_path: Path) -> None:
    path = tmp_path / "readme.txt"
    path.write_text("hello\n" * 100)
    with pytest.raises(BadInputError, match=r"readme\.txt holds no video"):
        read(path)


def test_a_folder_is_no_video(tmp_path: Path) -> None:
    (tmp_path / "x.mp4").mkdir()
    with pytest.raises(BadInputError, match="is a directory"):
        read(tmp_path / "x.mp4")


def test_a_picture_is_sent_to_the_other_command(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "p.png"), "w", format="image2") as container:
        stream = container.add_stream("png")
        stream.height, stream.width, stream.pix_fmt = 32, 48, "rgb24"
        container.mux(stream.encode(av.VideoFrame(48, 32, "rgb24")))
        container.mux(stream.encode(None))
    with pytest.raises(BadInputError, match="png picture; `upscale images`"):
        read(tmp_path / "p.png")


def test_a_name_with_a_colon_is_a_name(tmp_path: Path) -> None:
    assert len(read(write_clip(tmp_path / "12:30 100%.mp4"))[1]) == 12


def test_absurd_sizes_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    (tmp_path / "clip.y4m").write_bytes(b"YUV4MPEG2 W15000 H15000 F25:1 C420\nFRAME\n" + bytes(5000))
    with pytest.raises(BadInputError, match="claims pictures of 15000x15000 pixels"):
        read(tmp_path / "clip.y4m")


def joined(tmp_path: Path, *clips: Clip) -> Path:
    """Raw streams one after another."""
    parts = [write_clip(tmp_path / f"{index}.h264", clip).read_bytes() for index, clip in enumerate(clips)]
    (tmp_path / "joined.h264").write_bytes(b"".join(parts))
    return tmp_path / "joined.h264"


def test_frames_of_another_size_come_in_the_first_ones(tmp_path: Path) -> None:
    path = joined(tmp_path, Clip(audio=False), Clip(height=64, width=96, audio=False))
    with VideoReader(path) as reader:
        shapes = {frame.planes[0].shape for frame in reader.frames()}
        assert reader.frames_read == 24 and shapes == {(32, 48)}
        assert any("(96x64), resized to the first one's 48x32: 12" in note for note in reader.notes())


def test_frames_of_another_format_come_in_the_first_ones(tmp_path: Path) -> None:
    path = joined(tmp_path, Clip(audio=False), Clip(pix_fmt="yuv444p", audio=False))
    with VideoReader(path) as reader:
        shapes = {frame.planes[1].shape for frame in reader.frames()}
        assert reader.frames_read == 24 and shapes == {(16, 24)}
        assert any("yuv420p: 12" in note for note in reader.notes())


def test_durations_reach_to_the_next_frame(tmp_path: Path) -> None:
    with VideoReader(write_clip(tmp_path / "clip.mkv", Clip(times=VARIABLE))) as reader:
        frames = list(reader.frames())
    assert all(a.pts + a.duration <= b.pts and a.duration > 0 for a, b in zip(frames, frames[1:], strict=False))
