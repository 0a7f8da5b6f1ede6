"""VGG's places against a plain torch.nn.Sequential, laid out by hand as torchvision numbers it."""

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor, nn
from upscale.train.losses.names import Tap, parse_vgg
from upscale.train.losses.vgg import VggFeatures
from upscale.train.losses.vgg_weights import CAFFE, TORCHVISION, VggWeights

# The number of each convolution; its ReLU has the next one.
VGG19 = {
    "vgg11": 0, "vgg12": 2, "vgg21": 5, "vgg22": 7, "vgg31": 10, "vgg32": 12, "vgg33": 14, "vgg34": 16,
    "vgg41": 19, "vgg42": 21, "vgg43": 23, "vgg44": 25, "vgg51": 28, "vgg52": 30, "vgg53": 32, "vgg54": 34,
}  # fmt: skip
VGG16 = {
    "vgg11": 0, "vgg12": 2, "vgg21": 5, "vgg22": 7, "vgg31": 10, "vgg32": 12, "vgg33": 14,
    "vgg41": 17, "vgg42": 19, "vgg43": 21, "vgg51": 24, "vgg52": 26, "vgg53": 28,
}  # fmt: skip
POOLS19 = {"vggpool1": 4, "vggpool2": 9, "vggpool3": 18, "vggpool4": 27, "vggpool5": 36}
POOLS16 = {"vggpool1": 4, "vggpool2": 9, "vggpool3": 16, "vggpool4": 23, "vggpool5": 30}


def tap(name: str) -> Tap:
    term = parse_vgg(name)
    assert term is not None
    return term.tap


def by_hooks(
    tensors: Mapping[str, Tensor], numbers: dict[str, int], pools: dict[str, int], rgb: Tensor
) -> list[Tensor]:
    """The output of every layer, by its number, with nothing done in place."""
    layers: list[nn.Module] = []
    for number in range(max(pools.values()) + 1):
        if number in numbers.values():
            weight = tensors[f"features.{number}.weight"]
            layers.append(nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1))
        else:
            layers.append(nn.MaxPool2d(2, 2) if number in pools.values() else nn.ReLU(inplace=False))
    network = nn.Sequential(*layers)
    network.load_state_dict({key.removeprefix("features."): value for key, value in tensors.items()})
    seen: list[Tensor] = []
    for layer in network:
        layer.register_forward_hook(lambda _module, _inputs, output: seen.append(output.clone()))
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
    network((rgb - mean) / deviation)
    return seen


@pytest.mark.parametrize("network", ["vgg19", "vgg16"])
def test_every_place_at_once(network: str, request: pytest.FixtureRequest) -> None:
    tensors = request.getfixturevalue(network)
    numbers, pools = (VGG19, POOLS19) if network == "vgg19" else (VGG16, POOLS16)
    places = {name: number + 1 for name, number in numbers.items()} | pools
    places |= {f"{name}-pre": number for name, number in numbers.items()}
    rgb = torch.rand(2, 3, 45, 37)
    wanted = by_hooks(tensors, numbers, pools, rgb)
    found = VggFeatures(VggWeights(tensors, TORCHVISION), {tap(name) for name in places})(rgb)
    assert len(found) == len(places)
    for name, number in places.items():
        most = wanted[number].abs().max().item()
        torch.testing.assert_close(found[tap(name)], wanted[number], rtol=0, atol=1e-5 * most)


@pytest.mark.parametrize("name", ["vgg22", "vgg22-pre", "vgg54", "vgg54-pre", "vggpool4"])
def test_a_single_place_is_the_same_as_among_others(name: str, vgg19: dict[str, Tensor]) -> None:
    rgb = torch.rand(1, 3, 32, 32)
    weights = VggWeights(vgg19, TORCHVISION)
    alone = VggFeatures(weights, {tap(name)})(rgb)
    among = VggFeatures(weights, {tap(name), tap("vgg54"), tap("vgg11-pre")})(rgb)
    assert list(alone) == [tap(name)]
    assert torch.equal(alone[tap(name)], among[tap(name)])


def test_gradients_through_maps_before_and_after_a_relu(vgg19: dict[str, Tensor]) -> None:
    """Against the reference; a map overwritten in place would be refused, or give others."""
    ours, theirs = (torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(1)) for _ in range(2))
    ours.requires_grad_()
    theirs.requires_grad_()
    found = VggFeatures(VggWeights(vgg19, TORCHVISION), {tap("vgg22-pre"), tap("vgg22"), tap("vgg54")})(ours)
    wanted = by_hooks(vgg19, VGG19, POOLS19, theirs)
    for maps in (found.values(), (wanted[7], wanted[8], wanted[35])):
        torch.stack([one.square().sum() for one in maps]).sum().backward()
    assert ours.grad is not None and theirs.grad is not None
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-4, atol=1e-4 * theirs.grad.abs().max().item())


def test_weights_are_frozen_and_stop_where_no_one_looks(vgg19: dict[str, Tensor]) -> None:
    features = VggFeatures(VggWeights(vgg19, TORCHVISION), {tap("vgg22")})
    assert sum(1 for module in features.modules() if isinstance(module, nn.Conv2d)) == 4
    assert not any(parameter.requires_grad for parameter in features.parameters())


def test_caffe_weights_see_bgr_from_0_to_255(vgg16: dict[str, Tensor]) -> None:
    """A first layer that hands its input through shows it."""
    identity = torch.zeros(4, 3, 3, 3)
    identity[[0, 1, 2], [0, 1, 2], 1, 1] = 1
    vgg16["features.0.weight"], vgg16["features.0.bias"] = identity, torch.zeros(4)
    seen = VggFeatures(VggWeights(vgg16, CAFFE), {tap("vgg11-pre")})(torch.tensor([1.0, 0.5, 0.0]).view(1, 3, 1, 1))
    wanted = [0 - 103.939, 127.5 - 116.779, 255 - 123.68, 0]
    assert seen[tap("vgg11-pre")].flatten().tolist() == pytest.approx(wanted, abs=1e-3)


def test_gray_pictures_are_seen_as_gray(vgg19: dict[str, Tensor]) -> None:
    features = VggFeatures(VggWeights(vgg19, TORCHVISION), {tap("vgg22")})
    gray = torch.rand(2, 1, 8, 8)
    assert torch.equal(features(gray)[tap("vgg22")], features(gray.repeat(1, 3, 1, 1))[tap("vgg22")])
