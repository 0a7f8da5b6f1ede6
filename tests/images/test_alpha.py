import numpy as np
import pytest
import torch

from upscale.engine.resize import resize
from upscale.engine.sizes import SizeWish
from upscale.images.alpha import interpolated, layers_of
from upscale.images.layers import Layer
from upscale.images.picture import WHITE, Picture

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
    by_rows = interpolated(alpha, SizeWish(scale).target(300, 9, 1), CPU)
    assert by_rows.dtype == dtype
    assert np.array_equal(by_rows, whole)


def test_flat_alpha_stays_what_it_is() -> None:
    result = interpolated(np.full((4, 5, 1), 77, np.uint16), SizeWish(100).target(4, 5, 1), CPU)
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


@pytest.mark.parametrize("way", ["model", "resize"])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_alpha_of_one_bit_stays_so(way: str, kind: type) -> None:
    mask = np.indices((9, 11)).sum(axis=0)[..., None] % 3 > 0
    white = WHITE[np.dtype(kind)]
    picture = Picture(np.full((9, 11, 3), white // 2, kind), (mask * white).astype(kind))
    if way == "model":
        layer = layers_of(picture, "model", CPU)[0]
        blurred = torch.nn.functional.avg_pool2d(layer.read(0, 9)[None], 3, 1, 1)[0]
        result = layer.quantise(blurred)
    else:
        assert picture.alpha is not None
        result = interpolated(picture.alpha, SizeWish(2).target(9, 11, 1), CPU)
    assert set(np.unique(result)) == {0, white}
