"""With its samples behind it, the header is a file that other libraries read."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from upscale.images.tiff_header import layout_of, tiff_header


def file_of(samples: np.ndarray, path: Path) -> None:
    path.write_bytes(tiff_header(layout_of(samples[:1], samples.shape[0])) + samples.tobytes())


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("height", [2, 3, 700])
def test_pillow_reads_channels_side_by_side(channels: int, height: int, tmp_path: Path) -> None:
    samples = np.random.default_rng(0).integers(0, 256, (height, 1300, channels), np.uint8)
    file_of(samples, tmp_path / "a.tiff")
    with Image.open(tmp_path / "a.tiff") as image:
        assert np.array_equal(np.asarray(image), samples.reshape(height, -1))


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_opencv_reads_deep_samples(dtype: type, tmp_path: Path) -> None:
    samples = np.random.default_rng(0).integers(0, 65536, (5, 7, 3)).astype(dtype)
    file_of(samples, tmp_path / "a.tiff")
    read = cv2.imread(str(tmp_path / "a.tiff"), cv2.IMREAD_UNCHANGED)
    assert read.dtype == dtype
    assert np.array_equal(read, samples.reshape(5, -1))
