from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from clips import Clip, first_frame, frame_times, write_clip
from encoders import plan_for
from enlarged import enlarged

from upscale.errors import OutputError
from upscale.video.encoding.encode import Picture, as_packet, encode
from upscale.video.encoding.encoder import Encoding

VARIABLE = (5, 33333, 33400, 600_000, 600_300, 900_017)


def pictures(pix_fmt: str = "yuv420p") -> list[Picture]:
    planes = [np.full(size, 90, np.uint8) for size in ((32, 64), (16, 32), (16, 32), (32, 64))]
    return [Picture(tuple(planes[: 4 if "a" in pix_fmt else 3]), pts, 10 + pts % 7) for pts in VARIABLE]


@pytest.mark.parametrize("codec", ["libx264", "libx265", "libsvtav1", "libvpx-vp9", "mpeg4", "mpeg2video", "ffv1"])
def test_every_packet_has_its_pictures_time_and_duration(codec: str) -> None:
    counts = codec.startswith("mpeg")
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    plan = replace(plan_for(codec), counts_frames=counts, options=options)
    found = list(encode(pictures(), plan))
    assert sorted((packet.pts, packet.duration) for packet in found) == [(p.pts, p.duration) for p in pictures()]
    assert found[0].is_keyframe and all(packet.content for packet in found)


def test_what_lies_beside_a_packet_travels_with_it() -> None:
    plan = replace(plan_for("libvpx-vp9", "yuva420p"), options={"auto-alt-ref": "0"})
    for encoded in encode(pictures("yuva420p"), plan):
        assert encoded.beside
        packet = as_packet(encoded)
        assert bytes(packet) == encoded.content
        assert bytes(packet.get_sidedata("matroska_block_additional")) == encoded.beside


def test_an_encoder_that_dies_is_named_with_the_time() -> None:
    with pytest.raises(OutputError, match=r"vc2 failed at 0\.00 s: invalid argument"):
        list(encode(pictures(), plan_for("vc2")))


def test_pictures_of_one_time_are_no_silent_loss() -> None:
    with pytest.raises(OutputError, match="libx264"):
        list(encode([replace(picture, pts=0) for picture in pictures()[:2]], plan_for("libx264")))


@pytest.mark.parametrize(("codec", "suffix"), [("mpeg4", ".mp4"), ("mpeg2video", ".mov"), ("prores", ".mov")])
@pytest.mark.parametrize("time_base", [Fraction(1, 90_000), Fraction(1, 1_000_000)], ids=str)
def test_fine_clocks_pass_codecs_that_cannot_count_so(
    tmp_path: Path, codec: str, suffix: str, time_base: Fraction
) -> None:
    times = [round(pts * time_base.denominator / 1_000_000) for pts in VARIABLE]
    source = write_clip(tmp_path / "in.mp4", Clip(times, time_base, audio=False))
    enlarged(source, tmp_path / f"out{suffix}", Encoding(codec))
    assert frame_times(tmp_path / f"out{suffix}") == frame_times(source)


def test_odd_sizes_keep_their_pixels_and_repeat_the_edge(tmp_path: Path) -> None:
    source = tmp_path / "in.mkv"
    write_clip(
        source,
        Clip(
            times=range(0, 120, 40),
            time_base=Fraction(1, 1000),
            height=31,
            width=47,
            codec="ffv1",
            pix_fmt="yuv444p",
            audio=False,
            options={},
        ),
    )
    _, notes = enlarged(source, tmp_path / "out.mp4", Encoding("libx264", 4, pix_fmt="yuv420p"), scale=1)
    frame = first_frame(tmp_path / "out.mp4")
    assert (frame.height, frame.width) == (32, 48)
    assert any("47x31 becomes 48x32, the edge repeated" in note for note in notes)
    luma = frame.reformat(format="gray").to_ndarray().astype(int)
    assert np.abs(luma[:31, :47] - first_frame(source).reformat(format="gray").to_ndarray()).mean() < 3
    assert np.abs(luma[31] - luma[30]).mean() < 4 and np.abs(luma[:, 47] - luma[:, 46]).mean() < 4
