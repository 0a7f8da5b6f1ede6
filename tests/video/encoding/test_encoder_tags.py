"""Colour tags as ffprobe finds them, for every codec in the containers that take it."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import Clip, write_clip
from enlarged import enlarged
from ffprobe import probe

from upscale.video.encoding.encoder import Encoding

PLACES = (
    ("libx264", ".mp4"), ("libx264", ".mkv"), ("libx265", ".mp4"), ("libx265", ".mov"), ("libsvtav1", ".mp4"),
    ("libsvtav1", ".webm"), ("libvpx-vp9", ".webm"), ("libvpx-vp9", ".mp4"), ("libvpx", ".webm"), ("ffv1", ".mkv"),
    ("prores", ".mov"), ("dnxhr", ".mov"), ("mpeg4", ".mp4"),
)  # fmt: skip
NAMES = {1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020nc", 14: "bt2020-10"}


def clip(path: Path, tags: tuple[int, int, int, int], pix_fmt: str = "yuv420p") -> Path:
    times = tuple(range(0, 4 * 40, 40))
    return write_clip(
        path, Clip(times, Fraction(1, 1000), 64, 128, pix_fmt, "ffv1", audio=False, tags=tags, options={})
    )


def told(path: Path, *keys: str) -> list[str | None]:
    stream = probe(path).streams("video")[0]
    return [stream.get(key) for key in keys]


@pytest.mark.parametrize(
    "tags",
    [
        pytest.param((6, 1, 6, 6), id="601"),
        pytest.param((1, 1, 1, 1), id="709", marks=pytest.mark.slow),
        pytest.param((9, 1, 9, 14), id="2020"),
    ],
)
@pytest.mark.parametrize(("codec", "suffix"), PLACES)
def test_tags_come_back(tmp_path: Path, codec: str, suffix: str, tags: tuple[int, int, int, int]) -> None:
    target = tmp_path / f"out{suffix}"
    result, _ = enlarged(clip(tmp_path / "in.mkv", tags), target, Encoding(codec))
    assert result.frames == len(probe(target).packets("v:0")) == 4
    primaries = "bt2020" if tags[2] == 9 else NAMES[tags[2]]
    wanted = [NAMES[tags[0]], primaries, NAMES[tags[3]], "tv"]
    assert told(target, "color_space", "color_primaries", "color_transfer", "color_range") == wanted


@pytest.mark.parametrize(("codec", "suffix"), [*PLACES, ("mjpeg", ".mov"), ("mpeg2video", ".mkv"), ("ffv1", ".avi")])
def test_full_range_is_told_or_converted(tmp_path: Path, codec: str, suffix: str) -> None:
    source, target = clip(tmp_path / "in.mkv", (1, 2, 1, 1)), tmp_path / f"out{suffix}"
    _, notes = enlarged(source, target, Encoding(codec))
    is_told = told(target, "color_range") == ["pc"]
    assert is_told != any("is converted to limited" in note for note in notes)
    # Read as players would read it, the picture has kept its contrast.
    means = []
    for path in (source, target):
        with av.open(str(path)) as container:
            frame = next(container.decode(video=0))
            full = path == source or is_told
            means.append(
                frame.reformat(format="gray", src_color_range=2 if full else 1, dst_color_range=2).to_ndarray()
            )
    assert means[0].mean() == pytest.approx(means[1].mean(), abs=2)
    assert np.ptp(means[0].astype(int)) == pytest.approx(np.ptp(means[1].astype(int)), abs=12)


@pytest.mark.parametrize("siting", ["left", "center", "topleft"])
@pytest.mark.parametrize(("codec", "suffix"), [("libx264", ".mp4"), ("libx265", ".mkv"), ("libvpx-vp9", ".webm")])
def test_chroma_says_where_it_sits(tmp_path: Path, codec: str, suffix: str, siting: str) -> None:
    options = {"chroma_sample_location": siting, "preset": "ultrafast"}
    source = write_clip(tmp_path / "in.mp4", Clip(audio=False, options=options, tags=(1, 1, 1, 1)))
    enlarged(source, tmp_path / f"out{suffix}", Encoding(codec))
    assert told(tmp_path / f"out{suffix}", "chroma_location") == [siting]


@pytest.mark.parametrize(
    ("codec", "suffix", "source", "written"),
    [
        ("libvpx-vp9", ".webm", "yuva420p", "yuva420p"),
        ("libvpx", ".webm", "yuva420p", "yuva420p"),
        ("prores", ".mov", "yuva444p10le", "yuva444p12le"),
        ("ffv1", ".mkv", "yuva444p12le", "yuva444p16le"),
        ("ffv1", ".mkv", "bgra", "bgra"),
        ("png", ".mov", "bgra", "rgba"),
    ],
)
def test_transparency_stays_where_the_codec_can_hold_it(
    tmp_path: Path, codec: str, suffix: str, source: str, written: str
) -> None:
    path, target = tmp_path / "in.mkv", tmp_path / f"out{suffix}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 32, source
        samples = np.full((32, 64, 4), 200, np.uint8)
        samples[:, :32, 3], samples[:, 32:, 3] = 255, 0
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(samples, "rgba").reformat(format=source)))
        container.mux(stream.encode(None))
    _, notes = enlarged(path, target, Encoding(codec))
    assert not any("transparency" in note for note in notes)
    decoder = {"libvpx-vp9": "libvpx-vp9", "libvpx": "libvpx"}.get(codec)
    with av.open(str(target)) as container:
        stream = container.streams.video[0]
        context = av.Codec(decoder, "r").create("video") if decoder else stream.codec_context
        frames = [frame for packet in container.demux(stream) if packet.size for frame in context.decode(packet)]
        frames += context.decode(None)
    assert len(frames) == 3 and frames[0].format.name == written
    alpha = frames[0].reformat(format="rgba").to_ndarray()[..., 3]
    assert (alpha[:, :62] > 250).all() and (alpha[:, 66:] < 5).all()


@pytest.mark.parametrize(("codec", "suffix"), [("libvpx-vp9", ".mp4"), ("libx264", ".mp4"), ("libx265", ".mkv")])
def test_lost_transparency_is_told(tmp_path: Path, codec: str, suffix: str) -> None:
    source = clip(tmp_path / "in.mkv", (1, 1, 1, 1), "yuva420p")
    _, notes = enlarged(source, tmp_path / f"out{suffix}", Encoding(codec))
    assert any("transparency is not kept in yuv420p" in note for note in notes)
