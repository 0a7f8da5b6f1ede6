"""Pixels come as they are in the file; what cannot be scored is refused by name."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from upscale.errors import BadInputError
from upscale.evaluate.pictures import read_rgb

RGB = np.random.default_rng(0).integers(0, 256, (13, 17, 3), np.uint8)


@pytest.mark.parametrize("suffix", ["png", "bmp", "ppm", "tif"])
def test_rgb_files_are_read_exactly(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(RGB).save(path)
    pixels = read_rgb(path)
    assert pixels.dtype == np.uint8
    assert (pixels == RGB).all()
    assert pixels.flags.c_contiguous
    assert pixels.flags.writeable  # else torch.from_numpy warns


@pytest.mark.parametrize("suffix", ["png", "bmp", "pgm"])
def test_gray_is_repeated_three_times(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"gray.{suffix}"
    Image.fromarray(RGB[..., 0]).save(path)
    assert (read_rgb(path) == RGB[..., :1]).all()


def test_a_palette_is_expanded(tmp_path: Path) -> None:
    path = tmp_path / "palette.png"
    palette = Image.fromarray(RGB).quantize(8)
    palette.save(path)
    assert (read_rgb(path) == np.asarray(palette.convert("RGB"))).all()


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_opaque_alpha_is_dropped_and_other_alpha_refused(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "alpha.png"
    picture = Image.fromarray(RGB).convert(mode)
    picture.save(path)
    assert (read_rgb(path) == np.asarray(picture.convert("RGB"))).all()
    picture.putalpha(254)
    picture.save(path)
    with pytest.raises(BadInputError, match=r"alpha\.png.*transparent"):
        read_rgb(path)


def test_sixteen_bits_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "deep.png"
    Image.fromarray(np.full((4, 4), 40000, np.uint16)).save(path)
    with pytest.raises(BadInputError, match=r"deep\.png.*8-bit gray or RGB, not 16-bit gray"):
        read_rgb(path)


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp"])
def test_text_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"text.{suffix}"
    path.write_text("no picture")
    with pytest.raises(BadInputError, match=rf"text\.{suffix}: not a picture"):
        read_rgb(path)


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_half_a_file_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"cut.{suffix}"
    Image.fromarray(np.tile(RGB, (9, 9, 1))).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BadInputError, match=rf"cut\.{suffix}.*damaged"):
        read_rgb(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="no such file"):
        read_rgb(tmp_path / "nothing.png")
