from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from encoders import plan_for

from upscale.errors import OutputError
from upscale.video.encoding.encode import Picture
from upscale.video.encoding.encoder import EncoderPlan
from upscale.video.encoding.segments import SEGMENT_FRAMES, read_segments, write_segments


@pytest.fixture
def plan() -> EncoderPlan:
    options = {"preset": "veryfast", "bf": "3", "crf": "20"}
    return replace(plan_for("libx264", "gray", height=16), options=options, time_base=Fraction(1, 1000))


def pictures(count: int) -> list[Picture]:
    """Noise that moves, at irregular times."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (16, 128), np.uint8)
    times = np.cumsum(rng.integers(1, 90, count)) + 700
    return [Picture((np.roll(noise, i // 3, 1)[:, :64],), int(pts), 7 + i % 5) for i, pts in enumerate(times)]


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_times_pass_and_dts_rise_over_the_joins(tmp_path: Path, plan: EncoderPlan, codec: str) -> None:
    options = {"preset": "ultrafast", "bf": "3"} if codec == "libx264" else {"x265-params": "log-level=none:bframes=3"}
    plan = replace(plan, codec=codec, options=options)
    given = pictures(SEGMENT_FRAMES * 2 + 11)
    segments = list(write_segments(given, plan, tmp_path))
    assert [segment.frames for segment in segments] == [SEGMENT_FRAMES, SEGMENT_FRAMES, 11]
    packets = list(read_segments(segments, plan.time_base))
    times = {packet.pts: packet.duration for packet in packets}
    assert times == {picture.pts: picture.duration for picture in given}
    assert [packet.pts for packet in packets] != sorted(times)  # else there were no B-frames to put right
    dts = [packet.dts for packet in packets]
    assert all(one < other for one, other in zip(dts, dts[1:], strict=False))
    assert all(packet.dts <= packet.pts for packet in packets)
    assert [packets[start].is_keyframe for start in (0, SEGMENT_FRAMES, 2 * SEGMENT_FRAMES)] == [True] * 3


def test_a_long_pause_moves_nothing_but_what_lies_beside_it(tmp_path: Path, plan: EncoderPlan) -> None:
    plan = replace(plan, options={"preset": "veryfast", "x264-params": "scenecut=0:b-adapt=0:bframes=3"})
    pause = 100_000
    for before in range(20, 24):  # once at least among frames that are reordered
        given = [replace(p, pts=40 * i + pause * (i >= before)) for i, p in enumerate(pictures(40))]
        packets = list(read_segments(list(write_segments(given, plan, tmp_path)), plan.time_base))
        assert all(0 <= packet.pts - packet.dts < 40 * 8 for packet in packets[: before - 4])
        assert packets[-1].pts - packets[-1].dts < 40 * 8
        assert all(one.dts < other.dts <= other.pts for one, other in zip(packets, packets[1:], strict=False))


def test_the_same_pictures_give_the_same_bytes(tmp_path: Path, plan: EncoderPlan) -> None:
    contents = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        segments = list(write_segments(pictures(20), plan, tmp_path / name))
        contents.append([segment.path.read_bytes() for segment in segments])
    assert contents[0] == contents[1]


def test_a_segment_that_was_never_closed_is_refused(tmp_path: Path, plan: EncoderPlan) -> None:
    (segment,) = write_segments(pictures(9), plan, tmp_path)
    segment.path.write_bytes(segment.path.read_bytes()[:-30])
    with pytest.raises(OutputError, match="never closed"):
        list(read_segments([segment], plan.time_base))
