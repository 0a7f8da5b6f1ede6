"""Segments of every codec joined in a real container: nothing shows where they meet."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import Clip, picture, write_clip

from upscale.video.colour.layout import component_views
from upscale.video.encoding.encode import Picture
from upscale.video.encoding.encoder import EncoderPlan, Encoding, configure, open_encoder, plan_encoder
from upscale.video.encoding.segments import Segment, read_segments, write_segments
from upscale.video.reading.reader import VideoReader

HEIGHT, WIDTH, FRAMES, SEGMENT_FRAMES = 64, 96, 24, 7


@dataclass(frozen=True)
class Case:
    encoding: Encoding
    suffix: str
    pix_fmt: str = "yuv420p"


CASES = {
    "x264": Case(Encoding("libx264", preset="medium"), ".mp4"),
    "x265": Case(Encoding("libx265", preset="fast", options={"x265-params": "open-gop=1:bframes=4"}), ".mp4"),
    "x265 in mkv": Case(Encoding("libx265", preset="ultrafast", options={"x265-params": "bframes=4"}), ".mkv"),
    "SVT-AV1": Case(Encoding("libsvtav1", preset="10"), ".mp4"),
    "SVT-AV1 in mkv": Case(Encoding("libsvtav1", preset="10"), ".mkv", "yuv420p10le"),
    "VP9 with frames that are never shown": Case(
        Encoding("libvpx-vp9", options={"auto-alt-ref": "1", "lag-in-frames": "20"}), ".webm"
    ),
    "ProRes": Case(Encoding("prores_ks"), ".mov", "yuv422p10le"),
    "FFV1": Case(Encoding("ffv1"), ".mkv", "yuv444p"),
}


@pytest.fixture(params=CASES.values(), ids=CASES.keys())
def case(request: pytest.FixtureRequest) -> Case:
    chosen: Case = request.param
    return chosen


@pytest.fixture
def plan(case: Case, tmp_path: Path) -> EncoderPlan:
    clip = Clip(height=HEIGHT, width=WIDTH, pix_fmt=case.pix_fmt, audio=False, codec="ffv1", options={})
    with VideoReader(write_clip(tmp_path / "in.mkv", clip)) as reader:
        return plan_encoder(reader.info, HEIGHT, WIDTH, case.encoding)


def pictures(plan: EncoderPlan) -> list[Picture]:
    """A moving pattern at odd times; the first of a segment stays for half a minute."""
    rng = np.random.default_rng(0)
    steps = rng.integers(20, 90, FRAMES)
    steps[SEGMENT_FRAMES + 1] = 30_000
    made = []
    for index, pts in enumerate(np.cumsum(steps)):
        frame = av.VideoFrame.from_ndarray(picture(index, HEIGHT, WIDTH)).reformat(format=plan.layout.name)
        planes = tuple(view.copy() for view in component_views(frame, plan.layout))
        made.append(Picture(planes, int(pts), 20))
    return made


def write(path: Path, segments: Sequence[Segment], plan: EncoderPlan) -> Path:
    """The packets in a container that gets its header as the finished file does."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(plan.codec, rate=plan.rate)
        assert isinstance(stream, av.VideoStream)
        configure(stream.codec_context, plan)
        stream.time_base = plan.time_base
        for packet in read_segments(segments, plan.time_base):
            packet.stream = stream
            container.mux_one(packet)
    return path


def decoded(path: Path) -> list[tuple[Fraction, str]]:
    """Time and hash of each frame."""
    with av.open(str(path)) as container:
        return [
            (frame.pts * frame.time_base, hashlib.sha256(frame.to_ndarray().tobytes()).hexdigest())
            for frame in container.decode(video=0)
        ]


def test_the_whole_decodes_like_its_segments_alone(case: Case, plan: EncoderPlan, tmp_path: Path) -> None:
    given = pictures(plan)
    segments = list(write_segments(given, plan, tmp_path, segment_frames=SEGMENT_FRAMES))
    assert [segment.frames for segment in segments] == [7, 7, 7, 3]
    whole = decoded(write(tmp_path / f"whole{case.suffix}", segments, plan))
    assert [time for time, _ in whole] == [picture.pts * plan.time_base for picture in given]
    alone = [
        content
        for segment in segments
        for _, content in decoded(write(tmp_path / f"{segment.number}{case.suffix}", [segment], plan))
    ]
    assert [content for _, content in whole] == alone


def test_a_segment_made_again_is_the_same(plan: EncoderPlan, tmp_path: Path) -> None:
    contents = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        made = write_segments(pictures(plan), plan, tmp_path / name, iter((0, 4, 5, 8)), SEGMENT_FRAMES)
        contents.append([(segment.number, segment.path.read_bytes()) for segment in made])
    assert contents[0] == contents[1]
    assert [number for number, _ in contents[0]] == [0, 4, 5, 8]


def test_headers_of_all_segments_are_alike(plan: EncoderPlan) -> None:
    """The file's header has but one."""
    assert len({open_encoder(plan).extradata for _ in range(3)}) == 1
