import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import Clip, picture, write_clip
from enlarged import enlarged
from ffprobe import probe
from numpy.typing import NDArray
from PIL import Image

from upscale.errors import OutputError, UsageError
from upscale.images.image_io import read_frames
from upscale.video.encoding.encoder import Encoding

TENTHS = tuple(range(0, 6 * 100, 100))


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Six frames, a tenth of a second each, without loss."""
    return write_clip(tmp_path / "in.mkv", plain("bgr0"))


def plain(pix_fmt: str, times: tuple[int, ...] = TENTHS) -> Clip:
    return Clip(times, Fraction(1, 1000), pix_fmt=pix_fmt, codec="ffv1", audio=False, options={})


def doubled(index: int) -> NDArray[np.int64]:
    return picture(index, 32, 48).repeat(2, 0).repeat(2, 1).astype(np.int64)


def frames_of(path: Path) -> list[NDArray[np.int64]]:
    """An animation's frames by Pillow. Shape: (height, width, 3) each."""
    with Image.open(path) as image:
        count = getattr(image, "n_frames", 1)
        found = []
        for index in range(count):
            image.seek(index)
            found.append(np.asarray(image.convert("RGB")).astype(np.int64))
        return found


@pytest.mark.parametrize(("name", "most"), [("out.gif", 40), ("out.webp", 24), ("out.png", 0), ("out.apng", 0)])
def test_an_animation_holds_every_frame_in_its_order(tmp_path: Path, clip: Path, name: str, most: int) -> None:
    result, _ = enlarged(clip, tmp_path / name)
    found = frames_of(tmp_path / name)
    assert len(found) == 6 == result.frames
    for index, frame in enumerate(found):
        assert np.abs(frame - doubled(index)).mean() <= most / 4
        # Its own picture, and none that is mixed with another.
        distances = [np.abs(frame - doubled(other)).mean() for other in range(6)]
        assert int(np.argmin(distances)) == index


def test_delays_are_those_of_the_clip_and_do_not_add_up(tmp_path: Path) -> None:
    thirtieths = tuple(round(index * 1000 / 30) for index in range(31))
    source = write_clip(tmp_path / "in.mkv", plain("bgr0", thirtieths))
    result, _ = enlarged(source, tmp_path / "out.gif")
    assert any("counts in 1/100 s" in note for note in result.late_notes)
    times = probe(tmp_path / "out.gif").frame_times()
    assert [float(time) for time in times] == pytest.approx([time / 1000 for time in thirtieths], abs=0.0051)


@pytest.mark.parametrize("plays", [1, 3])
@pytest.mark.parametrize("name", ["out.gif", "out.webp", "out.png"])
def test_an_animation_is_shown_as_often_as_its_source(tmp_path: Path, name: str, plays: int) -> None:
    frames = [Image.new("RGB", (16, 12), colour) for colour in ("red", "lime", "blue")]
    # GIF counts how often it is shown again; Pillow writes no count for once.
    again = {} if plays == 1 else {"loop": plays - 1}
    frames[0].save(tmp_path / "in.gif", save_all=True, append_images=frames[1:], duration=100, **again)
    enlarged(tmp_path / "in.gif", tmp_path / name)
    first = next(read_frames(tmp_path / name))
    assert first.animation is not None and first.animation.plays == plays


@pytest.mark.parametrize("name", ["out.gif", "out.webp", "out.png"])
def test_transparency_stays_in_animations(tmp_path: Path, name: str) -> None:
    source = tmp_path / "in.mkv"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 48, 32, "bgra"
        for index in range(3):
            samples = np.dstack([picture(index, 32, 48), np.zeros((32, 48, 1), np.uint8)])
            samples[:, :20, 3] = 255
            container.mux(stream.encode(av.VideoFrame.from_ndarray(samples, "rgba")))
        container.mux(stream.encode(None))
    enlarged(source, tmp_path / name)
    with Image.open(tmp_path / name) as image:
        for index in range(3):
            image.seek(index)
            alpha = np.asarray(image.convert("RGBA"))[..., 3]
            assert (alpha[:, :40] == 255).all() and (alpha[:, 40:] == 0).all()


@pytest.mark.parametrize(
    ("name", "most"), [("%03d.png", 0), ("f%d.tif", 0), ("%02d.bmp", 0), ("%04d.jpg", 4), ("%d.webp", 8)]
)
def test_numbered_pictures_are_files_of_their_own(tmp_path: Path, clip: Path, name: str, most: int) -> None:
    folder = tmp_path / "out"
    _, notes = enlarged(clip, folder / name)
    assert sorted(path.name for path in folder.iterdir()) == sorted(name % number for number in range(1, 7))
    for number in range(1, 7):
        with Image.open(folder / (name % number)) as image:
            assert image.size == (96, 64)
            assert np.abs(np.asarray(image.convert("RGB")).astype(int) - doubled(number - 1)).mean() <= most
    assert any("pictures know no times; the clip has 25 a second" in note for note in notes)


def test_deep_clips_give_deep_pngs_and_gray_ones_gray(tmp_path: Path) -> None:
    deep = write_clip(tmp_path / "deep.mkv", plain("yuv444p10le"))
    gray = write_clip(tmp_path / "gray.mkv", plain("gray"))
    enlarged(deep, tmp_path / "deep" / "%d.png")
    enlarged(gray, tmp_path / "gray" / "%d.png")
    depth_and_kind = [
        struct.unpack(">BB", (tmp_path / name / "1.png").read_bytes()[24:26]) for name in ("deep", "gray")
    ]
    assert depth_and_kind == [(16, 2), (8, 0)]
    # Gray of video is limited range, that of pictures is not.
    with Image.open(tmp_path / "gray" / "1.png") as image:
        assert np.asarray(image).astype(int).mean() == pytest.approx(picture(0, 32, 48).mean(), abs=6)


def test_older_pictures_behind_the_last_are_told(tmp_path: Path, clip: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "7.png").write_bytes(b"old")
    result, _ = enlarged(clip, tmp_path / "out" / "%d.png")
    assert any("7.png and what follows it are older" in note for note in result.late_notes)


@pytest.mark.parametrize(
    ("name", "codec", "message"),
    [
        ("out.gif", "libx264", "a .gif file holds no libx264"),
        ("%d.png", "ffv1", "needs the codec png"),
        ("%d.exr", "auto", "written as .png"),
    ],
)
def test_codecs_and_pictures_that_do_not_fit_are_refused(
    tmp_path: Path, clip: Path, name: str, codec: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        enlarged(clip, tmp_path / "out" / name, Encoding(codec))
    assert not list((tmp_path / "out").glob("*.*"))


def test_other_streams_are_named_before_they_are_left_out(tmp_path: Path) -> None:
    _, notes = enlarged(write_clip(tmp_path / "in.mp4"), tmp_path / "out.webp")
    assert any("its other streams (1 audio) are left out" in note for note in notes)


def test_an_encoder_that_fails_on_the_way_is_an_error_with_its_time(tmp_path: Path, clip: Path) -> None:
    # vc2 opens at any size, and refuses its first picture at this one.
    with pytest.raises(OutputError, match=r"vc2 failed at 0\.00 s: "):
        enlarged(clip, tmp_path / "out.mkv", Encoding("vc2"))
    assert not (tmp_path / "out.mkv").exists()
