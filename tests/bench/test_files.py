"""Real files in, real files out, nothing left behind."""

import tempfile
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from upscale.bench.cases import Case, Engine, Workload
from upscale.bench.images import enlarge_folder, measure_images, write_folder
from upscale.bench.measure import ready
from upscale.bench.pictures import smooth_noise
from upscale.bench.video import enlarge_clip, measure_video, write_clip
from upscale.engine.upscaler import UpscaleOptions
from upscale.errors import OutputError


@pytest.fixture
def engine() -> Engine:
    return ready(Case("bicubic", UpscaleOptions(device="cpu", dtype="fp32")))


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize(("height", "width"), [(1, 1), (24, 32), (33, 17)])
def test_pictures_are_as_large_as_asked_and_each_its_own(height: int, width: int) -> None:
    picture = smooth_noise(height, width, 3)
    assert picture.shape == (height, width, 3) and picture.dtype == np.uint8
    assert np.array_equal(picture, smooth_noise(height, width, 3))
    assert not np.array_equal(picture, smooth_noise(height, width, 4))


def test_pictures_are_neither_flat_nor_mere_noise() -> None:
    picture = smooth_noise(128, 128, 0).astype(np.float64)
    assert picture.std() > 30
    assert np.abs(np.diff(picture, axis=1)).mean() < picture.std() / 2


def test_folder_comes_out_enlarged(tmp_path: Path, engine: Engine) -> None:
    sources = write_folder(tmp_path / "in", 3, 24, 32)
    enlarge_folder(engine, sources, tmp_path / "out")
    enlarge_folder(engine, sources, tmp_path / "out")  # over what is there
    for source in sources:
        with Image.open(source) as before, Image.open(tmp_path / "out" / source.name) as after:
            assert before.size == (32, 24) and after.size == (128, 96)


def test_a_picture_that_fails_ends_the_measurement(tmp_path: Path, engine: Engine) -> None:
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(OutputError, match=r"broken\.png"):
        enlarge_folder(engine, [tmp_path / "broken.png"], tmp_path / "out")


def test_clip_comes_out_enlarged(tmp_path: Path, engine: Engine) -> None:
    source = write_clip(tmp_path / "clip.mp4", 5, 24, 32)
    enlarge_clip(engine, source, tmp_path / "large.mp4")
    for path, size in ((source, (32, 24)), (tmp_path / "large.mp4", (128, 96))):
        with av.open(str(path)) as container:
            frames = [(frame.width, frame.height) for frame in container.decode(video=0)]
        assert frames == [size] * 5


def test_measuring_leaves_no_file(scratch: Path, engine: Engine) -> None:
    for sample in (measure_images(engine, Workload(9, 15, 2)), measure_video(engine, Workload(17, 33, 2))):
        assert len(sample.seconds) == 2 and min(sample.seconds) > 0
    assert (sample.height, sample.width) == (18, 34)  # the codec takes even sizes only
    assert list(scratch.iterdir()) == []
