"""The classical kernels against independent implementations."""

import numpy as np
import pytest
import torch
from PIL import Image

from upscale.imresize import imresize_float
from upscale.models.resample import Resample, ResampleConfig


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_bicubic_is_matlabs(scale: int) -> None:
    pixels = np.random.default_rng(0).random((9, 12, 3))
    wanted = imresize_float(pixels, scale, border="clamp")
    lr = torch.from_numpy(pixels).permute(2, 0, 1)[None].float()
    sr = Resample(ResampleConfig(scale, "bicubic"))(lr)[0].permute(1, 2, 0).numpy()
    assert np.abs(sr - wanted).max() < 1e-5


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_lanczos_is_pillows_inside(scale: int) -> None:
    """Pillow renormalises at the edge where we repeat it, so 3 pixels of border are left out."""
    pixels = np.random.default_rng(0).random((16, 18), dtype=np.float32)
    size = (18 * scale, 16 * scale)
    wanted = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))
    lr = torch.from_numpy(pixels).expand(1, 3, -1, -1)
    sr = Resample(ResampleConfig(scale, "lanczos"))(lr)[0, 0].numpy()
    inside = slice(3 * scale, -3 * scale)
    assert np.abs(sr - wanted)[inside, inside].max() < 1e-5


def test_nearest_repeats_pixels() -> None:
    lr = torch.rand(1, 3, 3, 4)
    assert torch.equal(Resample(ResampleConfig(3, "nearest"))(lr), lr.repeat_interleave(3, 2).repeat_interleave(3, 3))


@pytest.mark.parametrize("kernel", ["nearest", "bicubic", "lanczos"])
def test_flat_stays_flat(kernel: str) -> None:
    flat = torch.full((1, 3, 2, 5), 0.3)
    sr = Resample(ResampleConfig(4, kernel))(flat)  # type: ignore[arg-type]
    assert (sr - 0.3).abs().max() < 1e-6
