"""LPIPS by the library, against its formula written out; where the library or the trunk is missing, a reason."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn.functional import conv2d, max_pool2d

from upscale.errors import BadInputError, EnvironmentLackError
from upscale.evaluate.lpips import TRUNK_URL, load_lpips, trunk_path
from upscale.evaluate.measuring import measure
from upscale.evaluate.protocol import Protocol
from upscale.evaluate.tools import find_tools

CPU = torch.device("cpu")
# Layer of AlexNet: shape of its weights, stride, padding, whether a pooling comes before it.
LAYERS = {
    0: ((64, 3, 11, 11), 4, 2, False),
    3: ((192, 64, 5, 5), 1, 2, True),
    6: ((384, 192, 3, 3), 1, 1, True),
    8: ((256, 384, 3, 3), 1, 1, False),
    10: ((256, 256, 3, 3), 1, 1, False),
}


@pytest.fixture(autouse=True)
def torch_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing of the user's is looked at."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def trunk() -> dict[str, torch.Tensor]:
    """AlexNet's weights, but at random, in their place."""
    try:
        import lpips  # noqa: F401
    except (ImportError, RuntimeError, AttributeError) as error:  # also of a torchvision for another torch
        pytest.skip(f"the lpips library does not load: {error}")
    weights = {}
    for layer, (shape, *_) in LAYERS.items():
        weights[f"features.{layer}.weight"] = torch.randn(shape) * 0.05
        weights[f"features.{layer}.bias"] = torch.randn(shape[0]) * 0.1
    trunk_path().parent.mkdir(parents=True)
    torch.save({**weights, "classifier.1.weight": torch.zeros(2, 2)}, trunk_path())
    return weights


def _pictures(height: int, width: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    generator = np.random.default_rng(0)
    sr, hr = generator.integers(0, 256, (2, height, width, 3), np.uint8)
    return sr, hr


def _features(pixels: NDArray[np.uint8], trunk: dict[str, torch.Tensor]) -> list[torch.Tensor]:
    x = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 127.5 - 1
    shift, scale = torch.tensor([-0.030, -0.088, -0.188]), torch.tensor([0.458, 0.448, 0.450])
    x = (x - shift.view(1, 3, 1, 1)) / scale.view(1, 3, 1, 1)
    found = []
    for layer, (_, stride, padding, pooled) in LAYERS.items():
        x = max_pool2d(x, 3, 2) if pooled else x
        name = f"features.{layer}"
        x = conv2d(x, trunk[f"{name}.weight"], trunk[f"{name}.bias"], stride, padding).relu()
        found.append(x / (x.square().sum(1, keepdim=True).sqrt() + 1e-10))
    return found


@torch.no_grad()
def test_distance_is_the_papers_formula(trunk: dict[str, torch.Tensor]) -> None:
    sr, hr = _pictures(64, 80)
    measured = load_lpips(CPU)
    heads = [weight for name, weight in measured.network.named_parameters() if name.startswith("lin")]
    heads = [weight for weight in heads if weight.ndim == 4][: len(LAYERS)]
    expected = sum(
        (head * (a - b).square()).sum(1).mean()
        for head, a, b in zip(heads, _features(sr, trunk), _features(hr, trunk), strict=True)
    )
    assert measured.distance(sr, hr) == pytest.approx(float(expected), rel=1e-4)
    assert measured.distance(sr, hr) > 0.01
    assert measured.distance(hr, hr) == 0


def test_measure_takes_whole_pictures_in_colour(trunk: dict[str, torch.Tensor]) -> None:
    sr, hr = _pictures(40, 48)
    protocol = Protocol(4, ("lpips",), "matlab-bicubic")
    tools = find_tools(protocol.metrics, CPU)
    assert tools.lpips is not None and not tools.unavailable
    assert measure(sr, hr, protocol, tools=tools) == {"lpips": tools.lpips.distance(sr, hr)}


def test_pictures_below_the_trunks_reach_are_refused(trunk: dict[str, torch.Tensor]) -> None:
    measured = load_lpips(CPU)
    assert measured.distance(*_pictures(32, 32)) > 0
    with pytest.raises(BadInputError, match="32 x 32 pixels, not 40 x 31"):
        measured.distance(*_pictures(31, 40))


@pytest.mark.parametrize("content", [b"no weights", b""])
def test_another_file_in_the_trunks_place_is_named(trunk: dict[str, torch.Tensor], content: bytes) -> None:
    trunk_path().write_bytes(content)
    with pytest.raises(EnvironmentLackError, match=rf"replace .*{trunk_path().name}"):
        load_lpips(CPU)


def test_weights_of_another_network_are_named(trunk: dict[str, torch.Tensor]) -> None:
    torch.save({"features.0.weight": torch.zeros(64, 3, 3, 3)}, trunk_path())
    with pytest.raises(EnvironmentLackError, match=rf"replace .*{trunk_path().name}"):
        load_lpips(CPU)


def test_a_missing_trunk_is_named_with_its_place_and_nothing_is_fetched(torch_home: Path) -> None:
    with pytest.raises(EnvironmentLackError) as caught:
        load_lpips(CPU)
    words = f"put alexnet-owt-7be5be79.pth (from {TRUNK_URL}) into {torch_home / 'hub' / 'checkpoints'}"
    assert words in str(caught.value)
    assert list(torch_home.iterdir()) == []
