import numpy as np
import pytest
import torch

from upscale.engine.scaling import resize
from upscale.images.alpha import interpolated, layers_of
from upscale.images.layers import Layer
from upscale.images.picture import Picture

CPU = torch.device("cpu")
PIXELS = np.zeros((6, 5, 3), np.uint8)
RAMP = np.arange(30, dtype=np.uint8).reshape(6, 5, 1)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("scale", [1, 2, 3, 2.5])
def test_interpolation_by_rows_is_that_of_the_whole(scale: float, dtype: type) -> None:
    alpha = np.random.default_rng(0).integers(0, 256, (300, 9, 1)).astype(dtype)
    height, width = round(300 * scale), round(9 * scale)
    layer = Layer(alpha, CPU)
    whole = layer.quantise(resize(layer.read(0, 300)[:1], height, width))
    by_rows = interpolated(alpha, (height, width), CPU)
    assert by_rows.dtype == dtype
    assert np.abs(by_rows.astype(int) - whole).max() <= 1  # 1/3 is not exact in float32


def test_flat_alpha_stays_what_it_is() -> None:
    result = interpolated(np.full((4, 5, 1), 77, np.uint16), (400, 500), CPU)
    assert (result.shape, result.dtype) == ((400, 500, 1), np.uint16)
    assert (result == 77).all()


def test_the_network_sees_alpha_first_and_only_where_it_must() -> None:
    shaped, flat = Picture(PIXELS, RAMP), Picture(PIXELS, np.full_like(RAMP, 9))
    assert [(layer.samples.shape[2], layer.whole) for layer in layers_of(shaped, "model", CPU)] == [
        (1, True),
        (3, False),
    ]
    for picture, alpha in ((shaped, "resize"), (flat, "model"), (Picture(PIXELS), "model")):
        assert [layer.samples.shape[2] for layer in layers_of(picture, alpha, CPU)] == [3]
