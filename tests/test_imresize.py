"""MATLAB's resize against the published low-resolution files and against Pillow."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from upscale.imresize import Border, imresize, imresize_float


@pytest.mark.data
@pytest.mark.parametrize(("name", "border"), [("Set5", "symmetric"), ("Set14", "clamp")])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_published_files_bit_for_bit(name: str, border: Border, scale: int, data_folder: Path) -> None:
    folder = data_folder / "test" / name
    for path in sorted((folder / "HR").glob("*.png"))[:5]:
        hr = np.asarray(Image.open(path))
        hr = hr[: hr.shape[0] // scale * scale, : hr.shape[1] // scale * scale]
        lr = np.asarray(Image.open(folder / f"LRx{scale}" / f"{path.stem}x{scale}.png"))
        assert np.array_equal(imresize(hr, 1 / scale, border=border), lr), path.name


@pytest.mark.parametrize("scale", [0.25, 0.5, 2.0, 3.0])
def test_close_to_pillow_inside(scale: float) -> None:
    """The same kernel; Pillow rounds its weights, treats edges in another way, and clips between other passes,
    which low contrast avoids."""
    pixels = np.random.default_rng(0).integers(96, 160, (64, 48), np.uint8)
    ours = imresize(pixels, scale)
    theirs = np.asarray(Image.fromarray(pixels).resize(ours.shape[::-1], Image.Resampling.BICUBIC))
    inside = slice(round(4 * max(scale, 1)), -round(4 * max(scale, 1)))
    assert np.abs(ours.astype(int) - theirs)[inside, inside].max() <= 1


def test_whole_is_kept_at_scale_one() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (7, 9, 3), np.uint8)
    assert np.array_equal(imresize(pixels, 1.0), pixels)


@pytest.mark.parametrize("scale", [0.3, 0.5, 1.7, 4.0])
@pytest.mark.parametrize("size", [(1, 1), (2, 7), (33, 5)])
def test_flat_stays_flat_at_any_size(scale: float, size: tuple[int, int]) -> None:
    flat = imresize_float(np.full(size, 0.4), scale)
    assert flat.shape == tuple(int(np.ceil(length * scale)) for length in size)
    assert np.abs(flat - 0.4).max() < 1e-12
