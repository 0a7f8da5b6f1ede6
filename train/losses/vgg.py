"""The VGG loss: distance between feature maps instead of pixels (Ledig et al. 2017, eq. 5)."""

import hashlib
import pickle
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from upscale.atomic import write_bytes
from upscale.errors import EnvironmentLackError, UsageError

# torchvision's ImageNet VGG19. The file's name carries the first 8 hex digits of its sha256.
URL = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"
SHA256_PREFIX = "dcbb9e9d"
_TIMEOUT_S = 30

Layer = Literal["vgg22", "vgg54"]

# Convolutions in each of the five blocks.
_VGG19 = (2, 2, 4, 4, 4)
_VGG16 = (2, 2, 3, 3, 3)


@dataclass(frozen=True)
class Input:
    """What a set of weights expects, and the factors that make its losses comparable.

    `scales` multiply the mean squared difference of features of each layer.
    """

    order: Literal["rgb", "bgr"]
    mean: tuple[float, float, float]
    factor: tuple[float, float, float]
    scales: dict[Layer, float]


# (1 / 12.75)**2, so that the loss has about the size of the MSE (Ledig et al. 2017, section 3.2).
TORCHVISION = Input(
    "rgb",
    (0.485, 0.456, 0.406),
    (1 / 0.229, 1 / 0.224, 1 / 0.225),
    {"vgg22": 1 / 12.75**2, "vgg54": 1 / 12.75**2},
)
# Features of 0..255 are larger, by another ratio in every layer. Measured on a network of 30.7 dB: with these both
# losses are 6e-4, and the gradient of vgg54 on the picture is four times that of 1e-3 of a fresh adversarial loss.
CAFFE = Input(
    "bgr",
    (103.939 / 255, 116.779 / 255, 123.68 / 255),
    (255.0, 255.0, 255.0),
    {"vgg22": 6e-9, "vgg54": 6e-5},
)


class VggLoss(nn.Module):
    """Mean squared difference of one feature map, after its ReLU, scaled as `Input` says.

    `layer` is "vgg22" (conv2_2) or "vgg54" (the last convolution of block 5: conv5_4 of VGG19, conv5_3 of VGG16).
    """

    def __init__(self, tensors: dict[str, Tensor], expects: Input, layer: Layer) -> None:
        super().__init__()
        blocks = _VGG19 if "features.34.weight" in tensors else _VGG16
        self.expects = expects
        self.scale = expects.scales[layer]
        self.features = _features(tensors, blocks, until=2 if layer == "vgg22" else 5)
        self.requires_grad_(False)

    def forward(self, sr: Tensor, hr: Tensor) -> Tensor:
        """Distance. Shape: (N, 3, H, W) each, RGB in [0, 1] -> ()."""
        with torch.no_grad():
            wanted = self.features(self._prepare(hr))
        difference = self.features(self._prepare(sr)).float() - wanted.float()
        distance: Tensor = self.scale * difference.square().mean()
        return distance

    def _prepare(self, rgb: Tensor) -> Tensor:
        ordered = rgb if self.expects.order == "rgb" else rgb.flip(1)
        mean = torch.tensor(self.expects.mean, device=rgb.device)[:, None, None]
        factor = torch.tensor(self.expects.factor, device=rgb.device)[:, None, None]
        return (ordered - mean) * factor


def _features(tensors: dict[str, Tensor], blocks: tuple[int, ...], *, until: int) -> nn.Sequential:
    """The layers of the first `until` blocks, without the last pooling, with torchvision's numbering."""
    layers: list[nn.Module] = []
    for count in blocks[:until]:
        for _ in range(count):
            weight = tensors[f"features.{len(layers)}.weight"].float()
            conv = nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1)
            conv.weight.data.copy_(weight)
            conv.bias.data.copy_(tensors[f"features.{len(layers)}.bias"].float())  # type: ignore[union-attr]
            layers += [conv, nn.ReLU(inplace=True)]
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers[:-1])


def load_vgg(path: Path | None) -> tuple[dict[str, Tensor], Input]:
    """Weights and what they expect, of a file, or of torchvision's VGG19, downloaded once and checked.

    A .safetensors whose metadata says `variety = caffe` sees BGR in 0..255. UsageError for a file of another
    kind, EnvironmentLackError where no download is possible.
    """
    if path is None:
        path = _download()
    if path.suffix == ".safetensors":
        tensors, variety = _read_safetensors(path)
    else:
        tensors, variety = _read_torch(path), None
    blocks = _VGG19 if "features.34.weight" in tensors else _VGG16
    missing = [key for key in _keys(blocks) if not isinstance(tensors.get(key), Tensor)]
    if missing:
        raise UsageError(f"{path} does not hold a VGG16 or VGG19: it has no {missing[0]}")
    return tensors, CAFFE if variety == "caffe" else TORCHVISION


def _keys(blocks: tuple[int, ...]) -> list[str]:
    """torchvision's names: two numbers for each convolution and its ReLU, one for each pooling."""
    keys, layer = [], 0
    for count in blocks:
        keys += [f"features.{layer + 2 * index}.{kind}" for index in range(count) for kind in ("weight", "bias")]
        layer += 2 * count + 1
    return keys


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], str | None]:
    try:
        with safe_open(path, framework="pt") as file:
            variety = (file.metadata() or {}).get("variety")
            return {key: file.get_tensor(key) for key in file.keys()}, variety  # noqa: SIM118 (no mapping)
    except (SafetensorError, OSError) as error:
        raise UsageError(f"cannot read VGG weights {path}: it does not exist or is no weights file") from error


def _read_torch(path: Path) -> dict[str, Tensor]:
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UsageError(f"cannot read VGG weights {path}: it does not exist") from None
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        # torch's own words advise to switch its safety off.
        raise UsageError(f"cannot read VGG weights {path}: it is no weights file") from error
    if not isinstance(loaded, dict):
        raise UsageError(f"{path} holds no named weights")
    return loaded


def _download() -> Path:
    """torch's own cache, so that a file torchvision has fetched is found."""
    target = Path(torch.hub.get_dir()) / "checkpoints" / URL.rsplit("/", 1)[1]
    if target.is_file():
        return target
    try:
        with urllib.request.urlopen(URL, timeout=_TIMEOUT_S) as response:
            content: bytes = response.read()
    except OSError as error:
        raise EnvironmentLackError(
            f"the VGG loss needs the file {target.name}, and {URL} cannot be reached: "
            f"put it at {target}, or name another with --vgg-weights"
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    if not digest.startswith(SHA256_PREFIX):
        raise EnvironmentLackError(f"{URL} gave a damaged file: sha256 {digest} does not start with {SHA256_PREFIX}")
    target.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(target, content)
    return target
