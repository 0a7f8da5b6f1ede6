"""Every real clip: the frames and times that ffprobe, a judge of its own, shows of it."""

from fractions import Fraction
from pathlib import Path

import pytest
from ffprobe import probe

from upscale.errors import BadInputError
from upscale.video.reading.reader import Reading, VideoReader

CLIPS = 50
# Raw H.264 has no times at all; the reader steps by its rate, 25 a second where the stream does not say.
WITHOUT_TIMES = {"h264_conformance_interlaced/HCAFF1_HHI.264": 10, "h264_conformance_interlaced/freh10.264": 100}
# No frame of it decodes, for ffprobe neither: its first keyframe is broken and there is no other.
WITHOUT_FRAMES = {"androidx_media/invalid-bitstream.webm"}
# One packet each does not decode, for ffprobe neither.
DAMAGED = {"androidx_media/sample_with_invalid_nalu.mp4", "decord/corrupted.mp4"}


def clips(folder: Path) -> dict[str, Path]:
    found = [path for path in (folder / "video").rglob("*") if path.is_file() and "LICEN" not in path.name]
    return {path.relative_to(folder / "video").as_posix(): path for path in sorted(found)}


def times(path: Path, threads: int) -> tuple[list[Fraction], str, bool]:
    """When each frame is shown, the stream's index for ffprobe, and whether the clip is called damaged."""
    with VideoReader(path, Reading(threads=threads)) as reader:
        shown = [frame.pts * reader.info.time_base for frame in reader.frames()]
        return shown, str(reader.info.stream_index), reader.damage() is not None


@pytest.mark.data
@pytest.mark.slow
def test_frames_and_times_are_those_that_ffprobe_shows(data_folder: Path) -> None:
    found = clips(data_folder)
    assert len(found) == CLIPS
    for name in sorted(found.keys() - WITHOUT_FRAMES):
        shown, stream, is_damaged = times(found[name], threads=1)
        assert is_damaged == (name in DAMAGED), name
        assert times(found[name], threads=3) == (shown, stream, is_damaged), name
        if name in WITHOUT_TIMES:
            assert shown == [Fraction(index, 25) for index in range(WITHOUT_TIMES[name])], name
            assert len(probe(found[name]).frames(stream)) == len(shown), name
        else:
            assert shown == probe(found[name]).frame_times(stream), name


@pytest.mark.data
@pytest.mark.parametrize("name", sorted(WITHOUT_FRAMES))
def test_what_ffprobe_shows_no_frame_of_is_an_error(data_folder: Path, name: str) -> None:
    with pytest.raises(BadInputError, match="nothing is left"):
        VideoReader(data_folder / "video" / name)


@pytest.mark.data
def test_what_the_alpha_decoder_gives(data_folder: Path) -> None:
    with VideoReader(data_folder / "video/moviepy/transparent.webm") as reader:
        assert reader.info.layout.has_alpha
        frames = list(reader.frames())
    assert len(frames) == 150 and len(frames[0].planes) == 4
    assert {int(frame.planes[3].min()) for frame in frames} == {0}
    assert max(int(frame.planes[3].max()) for frame in frames) == 255
