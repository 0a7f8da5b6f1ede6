from fractions import Fraction
from pathlib import Path

import pytest
from clips import Clip, first_frame, write_clip
from enlarged import enlarged
from ffprobe import probe

from upscale.errors import UsageError
from upscale.video.colour.hdr import ContentLight, HdrMetadata, MasteringDisplay, read_hdr
from upscale.video.encoding.encoder import Encoding
from upscale.video.encoding.hdr_params import hdr_params

DISPLAY = MasteringDisplay(
    red=(Fraction(17, 25), Fraction(8, 25)),
    green=(Fraction(53, 200), Fraction(69, 100)),
    blue=(Fraction(3, 20), Fraction(3, 50)),
    white=(Fraction(3127, 10000), Fraction(329, 1000)),
    min_luminance=Fraction(1, 200),
    max_luminance=Fraction(1000),
)
HDR = HdrMetadata(DISPLAY, ContentLight(1000, 400))
PQ, HLG = (9, 1, 9, 16), (9, 1, 9, 18)
WORDS = "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):max-cll=1000,400"


def hdr_clip(path: Path, tags: tuple[int, int, int, int] = PQ, words: str = WORDS) -> Path:
    """A 10-bit clip of 8 frames that says of which display it was made."""
    options = {"preset": "ultrafast", "x265-params": f"log-level=none:{words}"}
    clip = Clip(range(0, 8 * 40, 40), Fraction(1, 1000), 64, 64, "yuv420p10le", "libx265", False, None, None, tags)
    return write_clip(path, Clip(**{**clip.__dict__, "options": options}))


def test_the_words_are_those_of_each_encoder() -> None:
    assert ":".join(hdr_params(HDR, "x265")) == WORDS
    assert ":".join(hdr_params(HDR, "x264")) == WORDS.replace("master-display", "mastering-display").replace(
        "max-cll", "cll"
    )
    display, light = hdr_params(HDR, "svtav1")
    assert display.startswith("mastering-display=G(0.265000,0.690000)B(") and display.endswith(
        "L(1000.000000,0.005000)"
    )
    assert light == "content-light=1000,400"
    assert hdr_params(HdrMetadata(), "x265") == []


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("codec", ["libx264", "libx265", "libsvtav1"])
def test_display_and_light_arrive_in_the_stream(tmp_path: Path, codec: str, suffix: str) -> None:
    target = tmp_path / f"out{suffix}"
    preset = {"libsvtav1": "12"}.get(codec, "ultrafast")
    enlarged(hdr_clip(tmp_path / "in.mkv"), target, Encoding(codec, preset=preset))
    found = read_hdr(first_frame(target))
    assert found.light == HDR.light
    assert found.mastering is not None
    # SVT-AV1 counts in 1/65536 and 1/16384.
    assert found.mastering.min_luminance == pytest.approx(DISPLAY.min_luminance, abs=1 / 16384)
    assert found.mastering.max_luminance == DISPLAY.max_luminance
    for name in ("red", "green", "blue", "white"):
        assert getattr(found.mastering, name) == pytest.approx(getattr(DISPLAY, name), abs=1 / 50_000)
    frames = probe(target).frames()
    assert len(frames) == 8
    told = ("pix_fmt", "color_transfer", "color_primaries", "color_space", "color_range")
    assert [frames[0][key] for key in told] == ["yuv420p10le", "smpte2084", "bt2020", "bt2020nc", "tv"]
    # Debian's ffprobe reads no such messages from H.264.
    if codec != "libx264":
        kinds = {data["side_data_type"]: data for data in frames[0]["side_data_list"]}
        assert kinds["Content light level metadata"]["max_content"] == 1000
        assert Fraction(kinds["Mastering display metadata"]["max_luminance"]) == 1000


@pytest.mark.parametrize("codec", ["ffv1", "prores", "vp9", "hevc_nvenc"])
def test_codecs_that_cannot_carry_them_are_refused_and_others_named(tmp_path: Path, codec: str) -> None:
    target = tmp_path / "out.mkv"
    with pytest.raises(UsageError, match="choose hevc, av1 or h264, or --hdr tonemap"):
        enlarged(hdr_clip(tmp_path / "in.mkv"), target, Encoding(codec))
    assert not target.exists()


def test_eight_bits_are_refused_for_hlg_and_more_are_not(tmp_path: Path) -> None:
    source = hdr_clip(tmp_path / "in.mkv", HLG, "repeat-headers=1")
    with pytest.raises(UsageError, match="HLG, for which the 8 bits of libx264 in yuv420p are too few"):
        enlarged(source, tmp_path / "out.mp4", Encoding(pix_fmt="yuv420p"))
    enlarged(source, tmp_path / "out.mov", Encoding("prores"))
    stream = probe(tmp_path / "out.mov").streams("video")[0]
    assert (stream["color_transfer"], stream["pix_fmt"]) == ("arib-std-b67", "yuv422p10le")


def test_what_only_hdr_would_use_is_no_reason_to_refuse(tmp_path: Path) -> None:
    source = hdr_clip(tmp_path / "in.mkv", (1, 1, 1, 1))
    _, notes = enlarged(source, tmp_path / "out.mkv", Encoding("ffv1"))
    assert any("ffv1 cannot carry its mastering-display data" in note for note in notes)
