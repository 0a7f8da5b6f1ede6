import numpy as np
import pytest
import torch

from upscale.images.layers import Layer

CPU = torch.device("cpu")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 3])
def test_samples_come_back_unchanged(dtype: type, channels: int) -> None:
    values = np.arange(0, 65536, 13, dtype=np.uint16)[: 6 * 7 * 3 * 40].reshape(-1, 7, 3)[..., :channels]
    samples = values.astype(dtype) if dtype != np.float32 else (values / np.float32(40_000) - 0.2).astype(dtype)
    layer = Layer(samples, CPU)
    # One channel goes three times and comes back as a mean, which rounds in float32.
    tolerance = 1e-6 if dtype == np.float32 and channels == 1 else 0
    assert np.abs(layer.quantise(layer.read(0, layer.height)).astype(float) - samples).max() <= tolerance


def test_rows_are_the_rows_asked_for() -> None:
    samples = np.arange(5 * 4 * 3, dtype=np.uint8).reshape(5, 4, 3)
    rows = Layer(samples, CPU).read(1, 3)
    assert rows.shape == (3, 2, 4)
    assert torch.equal((rows * 255).round().permute(1, 2, 0).to(torch.uint8), torch.from_numpy(samples[1:3]))


def test_integers_are_clamped_and_rounded_halves_to_even() -> None:
    layer = Layer(np.zeros((1, 1, 3), np.uint8), CPU)
    sr = torch.tensor([-0.5, 0.5 / 255, 1.5 / 255, 254.4 / 255, 1.7]).expand(3, 1, 5)
    assert layer.quantise(sr)[0, :, 0].tolist() == [0, 0, 2, 254, 255]
