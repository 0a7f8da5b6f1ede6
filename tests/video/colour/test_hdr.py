from fractions import Fraction
from pathlib import Path

import av
import pytest
from clips import Clip, first_frame, write_clip

from upscale.video.colour.hdr import ContentLight, HdrMetadata, hdr_notes, read_hdr

X264 = "mastering-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):cll=1000,400"


def test_both_are_read_from_a_stream(tmp_path: Path) -> None:
    options = {"preset": "ultrafast", "x264-params": X264}
    frame = first_frame(write_clip(tmp_path / "hdr.mp4", Clip(pix_fmt="yuv420p10le", options=options)))
    found = read_hdr(frame)
    assert found.light == ContentLight(1000, 400)
    assert found.mastering is not None
    assert found.mastering.green == (Fraction(13250, 50000), Fraction(34500, 50000))
    assert found.mastering.red == (Fraction(34000, 50000), Fraction(16000, 50000))
    assert found.mastering.blue == (Fraction(7500, 50000), Fraction(3000, 50000))
    assert found.mastering.white == (Fraction(15635, 50000), Fraction(16450, 50000))
    assert (found.mastering.min_luminance, found.mastering.max_luminance) == (Fraction(50, 10000), 1000)
    assert hdr_notes(frame) == []


def test_a_plain_clip_says_nothing(tmp_path: Path) -> None:
    frame = first_frame(write_clip(tmp_path / "sdr.mp4"))
    assert read_hdr(frame) == HdrMetadata() and hdr_notes(frame) == []


@pytest.mark.data
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_what_only_the_container_says_is_read_too(tmp_path: Path, data_folder: Path, suffix: str) -> None:
    source = data_folder / "video/androidx_media/sample_with_colr_mdcv_and_clli.mp4"
    copy = tmp_path / f"copy{suffix}"
    with av.open(str(source)) as old, av.open(str(copy), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0], opaque=True)
        for packet in old.demux(video=0):
            if packet.size:
                packet.stream = stream
                new.mux(packet)
    found = read_hdr(first_frame(copy))
    assert found.light == ContentLight(1100, 180)
    assert found.mastering is not None and found.mastering.max_luminance == 1000
