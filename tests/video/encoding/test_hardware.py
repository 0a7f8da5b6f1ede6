from pathlib import Path

import pytest
from clips import Clip, write_clip
from enlarged import enlarged
from ffprobe import probe

from upscale.video.encoding.encoder import Encoding
from upscale.video.encoding.hardware import hardware, hardware_options


@pytest.mark.parametrize(
    ("name", "software"),
    [
        ("h264_nvenc", "libx264"),
        ("hevc_qsv", "libx265"),
        ("av1_amf", "libsvtav1"),
        ("prores_videotoolbox", "prores_ks"),
        ("h264_vaapi", "libx264"),
    ],
)
def test_each_has_its_software(name: str, software: str) -> None:
    device = hardware(name)
    assert device is not None and device.software == software


@pytest.mark.parametrize("name", ["libx264", "prores_ks", "prores_aw", "libvpx-vp9", "nonsense_nvenc"])
def test_software_is_no_hardware(name: str) -> None:
    assert hardware(name) is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("hevc_nvenc", {"rc": "vbr", "cq": "21", "preset": "p5"}),
        ("h264_qsv", {"global_quality": "21", "preset": "medium"}),
        ("h264_amf", {"rc": "cqp", "qp_i": "21", "qp_p": "21", "quality": "balanced"}),
        ("hevc_videotoolbox", {"global_quality": str(59 * 118), "flags": "+qscale"}),
        ("h264_vaapi", {}),
    ],
)
def test_quality_is_told_in_each_ones_words(name: str, words: dict[str, str]) -> None:
    device = hardware(name)
    assert device is not None and hardware_options(device, 21, None) == words


@pytest.mark.parametrize("codec", ["nvenc", "av1_qsv", "h264_vaapi", "hevc_videotoolbox"])
def test_what_does_not_open_gives_way_and_says_so(tmp_path: Path, codec: str) -> None:
    """A machine may have one of them: then there is no note, and the format is the same."""
    source = write_clip(tmp_path / "in.mp4", Clip(height=128, width=160, audio=False))
    result, notes = enlarged(source, tmp_path / "out.mkv", Encoding(codec))
    wanted = {"nvenc": "h264", "av1_qsv": "av1", "h264_vaapi": "h264", "hevc_videotoolbox": "hevc"}[codec]
    assert [stream["codec_name"] for stream in probe(tmp_path / "out.mkv").streams("video")] == [wanted]
    assert result.frames == 12
    said = [note for note in notes if "does not open here" in note]
    assert len(said) <= 1 and all(note.endswith("encodes instead") for note in said)


def test_words_for_the_hardware_alone_are_dropped_and_named(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mp4", Clip(audio=False))
    options = {"rc-lookahead": "8", "g": "5"}
    _, notes = enlarged(source, tmp_path / "out.mp4", Encoding("h264_videotoolbox", 30, "p7", options=options))
    said = [note for note in notes if "does not open here" in note]
    if not said:
        pytest.skip("this machine has VideoToolbox")
    assert said[0].endswith("libx264 encodes instead, without -e rc-lookahead, --preset")
    keys = [frame["pict_type"] for frame in probe(tmp_path / "out.mp4").frames() if frame["pict_type"] == "I"]
    assert len(keys) == 3
