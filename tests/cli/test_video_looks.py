"""HDR, turned clips and transparency through the command line."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import Clip, first_frame, write_clip
from commands import Run
from ffprobe import probe
from noise import noise, planes_of, seen_by_ffmpeg
from numpy.typing import NDArray

from upscale.video.colour.layout import component_views, find_layout

HDR_PQ, HDR_HLG = (9, 1, 9, 16), (9, 1, 9, 18)


def test_hdr_is_kept_by_default_and_refused_on_request(tmp_path: Path, run_here: Callable[..., Run]) -> None:
    source, target = noise(tmp_path / "hdr.mkv", "yuv420p10le", HDR_PQ), tmp_path / "large.mkv"
    assert run_here("video", source, target, "-c", "ffv1", "-m", "nearest", "-s", 2, "-q").code == 0
    stream = probe(target).streams("video")[0]
    assert (stream["pix_fmt"], stream["color_transfer"]) == ("yuv420p10le", "smpte2084")
    refused = run_here("video", source, "-o", target, "-y", "--hdr", "error", "-m", "nearest", "-s", 2)
    assert refused.code == 2 and "is HDR (PQ)" in refused.err and "--hdr tonemap" in refused.err


@pytest.mark.parametrize("tags", [HDR_PQ, HDR_HLG])
def test_tone_mapped_hdr_is_tagged_sdr_of_8_bits(
    tmp_path: Path, run_here: Callable[..., Run], tags: tuple[int, int, int, int]
) -> None:
    source, target = noise(tmp_path / "hdr.mkv", "yuv420p10le", tags), tmp_path / "large.mkv"
    done = run_here("video", source, target, "-c", "ffv1", "-m", "nearest", "-s", 2, "--hdr", "tonemap")
    assert done.code == 0 and "is mapped to SDR" in done.err
    stream = probe(target).streams("video")[0]
    assert stream["pix_fmt"] == "yuv420p"
    assert {stream[f"color_{name}"] for name in ("space", "primaries", "transfer")} == {"bt709"}
    assert stream["color_range"] == "tv"


def turned_clip(path: Path, matrix: tuple[int, ...]) -> Path:
    """An odd picture without symmetries, with a display matrix."""
    clip = Clip(times=(0, 512), height=34, width=52, pix_fmt="yuv444p", audio=False)
    plain = write_clip(path.with_name("plain.mp4"), clip)
    with av.open(str(plain)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        stream.set_display_matrix(matrix)
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    return path


ONE = 1 << 16


@pytest.mark.parametrize("signs", [(1, 1), (1, -1), (-1, 1), (-1, -1)])
@pytest.mark.parametrize("transposed", [False, True])
def test_pixels_are_turned_as_ffmpeg_turns_them(
    tmp_path: Path, run_here: Callable[..., Run], signs: tuple[int, int], transposed: bool
) -> None:
    one, two = signs[0] * ONE, signs[1] * ONE
    turn = (0, one, 0, two, 0, 0, 0, 0, 1 << 30) if transposed else (one, 0, 0, 0, two, 0, 0, 0, 1 << 30)
    source, target = turned_clip(tmp_path / "turned.mp4", turn), tmp_path / "upright.mkv"
    wishes = ["-c", "ffv1", "-m", "nearest", "-s", 1, "-q", "--rotation", "apply"]
    assert run_here("video", source, target, *wishes).code == 0
    ours, theirs = seen_by_ffmpeg(target), seen_by_ffmpeg(source)
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= 1
    assert not any("displaymatrix" in data for data in probe(target).streams("video")[0].get("side_data_list", []))


def test_a_turned_clip_swaps_its_sample_aspect(tmp_path: Path, run_here: Callable[..., Run]) -> None:
    source = write_clip(tmp_path / "dv.mp4", Clip(rotation=90, sample_aspect=Fraction(16, 15), height=32, width=48))
    target = tmp_path / "upright.mp4"
    assert run_here("video", source, target, "-m", "nearest", "-s", 2, "-q", "--rotation", "apply").code == 0
    stream = probe(target).streams("video")[0]
    assert (stream["width"], stream["height"], stream["sample_aspect_ratio"]) == (64, 96, "15:16")


def alpha_clip(path: Path, codec: str, pix_fmt: str, alpha: NDArray[np.float64]) -> Path:
    """A red picture that is as opaque as `alpha` says, black beneath what is invisible. Shape: (height, width)."""
    layout = find_layout(pix_fmt)
    assert layout is not None
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width, stream.pix_fmt = *alpha.shape, pix_fmt
        for index in range(2):
            frame = av.VideoFrame(alpha.shape[1], alpha.shape[0], pix_fmt)
            views = component_views(frame, layout)
            visible = alpha > 0
            red = {"rgb": (1, 0, 0), "yuv": (0.32, 0.35, 0.94)}[layout.family]
            black = {"rgb": (0, 0, 0), "yuv": (0.06, 0.35, 0.94)}[layout.family]
            for view, one, other in zip(views[:-1], red, black, strict=True):
                step = [round(full / part) for full, part in zip(alpha.shape, view.shape, strict=True)]
                view[:] = np.where(visible[:: step[0], :: step[1]], one, other) * layout.peak
            views[-1][:] = np.rint(alpha * layout.peak)
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def disc(height: int, width: int, *, soft: bool) -> NDArray[np.float64]:
    """How opaque a disc in the middle is."""
    y, x = np.mgrid[0:height, 0:width]
    inside = height / 3 - np.hypot(y - height / 2 + 0.5, x - width / 2 + 0.5)
    return np.clip(12 * inside / height + 0.5, 0, 1) if soft else (inside > 0).astype(float)


CODECS = [("ffv1", "bgra"), ("ffv1", "yuva420p"), ("ffv1", "yuva444p10le"), ("prores_ks", "yuva444p10le")]


@pytest.mark.parametrize(("codec", "pix_fmt"), [*CODECS, ("ffv1", "gbrap12le")])
@pytest.mark.parametrize("soft", [False, True])
def test_transparency_is_enlarged_beside_the_colours(
    tmp_path: Path, run_here: Callable[..., Run], codec: str, pix_fmt: str, soft: bool
) -> None:
    suffix = ".mov" if codec == "prores_ks" else ".mkv"
    source = alpha_clip(tmp_path / f"disc{suffix}", codec, pix_fmt, disc(48, 64, soft=soft))
    target = tmp_path / f"large{suffix}"
    done = run_here("video", source, target, "-c", codec, "-m", "bicubic", "-s", 2)
    assert done.code == 0 and "transparency is" not in done.err
    frame = first_frame(target)
    alpha = planes_of(frame)[-1] / ((1 << frame.format.components[-1].bits) - 1)
    assert np.abs(alpha - disc(96, 128, soft=soft)).mean() < 0.01
    # What was black beneath the invisible does not darken the edge.
    reds = frame.to_ndarray(format="rgba")[..., 0][alpha > 0.5]
    assert reds.min() > 200


def test_alpha_of_one_bit_stays_so(tmp_path: Path, run_here: Callable[..., Run]) -> None:
    source, target = alpha_clip(tmp_path / "a.mkv", "ffv1", "bgra", disc(48, 64, soft=False)), tmp_path / "b.mkv"
    assert run_here("video", source, target, "-c", "ffv1", "-m", "bicubic", "-s", 2, "-q").code == 0
    assert set(np.unique(planes_of(first_frame(target))[-1])) == {0, 255}


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_flat_alpha_stays_flat(tmp_path: Path, run_here: Callable[..., Run], level: float) -> None:
    source, target = alpha_clip(tmp_path / "a.mkv", "ffv1", "bgra", np.full((16, 24), level)), tmp_path / "b.mkv"
    assert run_here("video", source, target, "-c", "ffv1", "-m", "nearest", "-s", 2, "-q").code == 0
    assert (planes_of(first_frame(target))[-1] == round(level * 255)).all()


def test_lost_transparency_is_said_first(tmp_path: Path, run_here: Callable[..., Run]) -> None:
    source, target = alpha_clip(tmp_path / "a.mkv", "ffv1", "bgra", disc(48, 64, soft=True)), tmp_path / "b.mp4"
    done = run_here("video", source, target, "-m", "nearest", "-s", 2)
    assert done.code == 0 and "transparency is not kept" in done.err
    assert len(planes_of(first_frame(target))) == 3
