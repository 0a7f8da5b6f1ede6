"""Where VGG's weights come from, what they expect to see, and how large what they see is."""

import hashlib
import http.client
import logging
import math
import pickle
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor
from upscale.train.losses.names import CONVOLUTIONS, Tap
from upscale.train.losses.perceptual import PAPER_SCALE

from upscale.atomic import make_folder, replacing
from upscale.errors import EnvironmentLackError, UsageError, reason

# torchvision's ImageNet VGG19.
URL = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"
SHA256 = "dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44"
SIZE_BYTES = 574_673_361
_TIMEOUT_S = 30
_CHUNK_BYTES = 2**20

VGG16 = (2, 2, 3, 3, 3)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Variety:
    """What weights were trained to see: (rgb - mean) * factor, in this order of channels."""

    name: Literal["torchvision", "caffe"]
    bgr: bool
    mean: tuple[float, float, float]
    factor: tuple[float, float, float]


TORCHVISION = Variety("torchvision", False, (0.485, 0.456, 0.406), (1 / 0.229, 1 / 0.224, 1 / 0.225))
CAFFE = Variety("caffe", True, (103.939 / 255, 116.779 / 255, 123.68 / 255), (255.0, 255.0, 255.0))
# What squared differences of caffe features are multiplied by, after each convolution's ReLU and after the pooling of
# each block. They are larger than torchvision's, by another ratio in every layer, so no one factor will do. Measured
# with VGG16 and the shipped SRResNet x4 on 72 crops of photographs so that every loss is 6e-4 there; vgg22 and vgg54
# keep the figures that the shipped SRGAN was trained with (by this measure 7.7e-9 and 5.6e-5). Before a ReLU the same
# hold.
CAFFE_FACTORS = (
    (1.0e-6, 6.3e-8, 3.5e-8),
    (1.9e-8, 6.0e-9, 4.5e-9),
    (7.3e-9, 6.6e-9, 7.9e-9, 4.5e-9),
    (1.5e-8, 3.9e-8, 2.6e-7, 1.3e-7),
    (5.8e-7, 2.9e-6, 6.0e-5, 3.0e-5),
)


@dataclass(frozen=True)
class VggWeights:
    """Convolutions under torchvision's names (`features.0.weight` ...), of VGG16 or VGG19."""

    tensors: Mapping[str, Tensor]
    variety: Variety

    @property
    def blocks(self) -> tuple[int, ...]:
        """How many convolutions each block has."""
        return CONVOLUTIONS if "features.34.weight" in self.tensors else VGG16

    def nearest(self, tap: Tap) -> Tap:
        """That place, or in VGG16 the last convolution of its block for one that only VGG19 has."""
        return tap._replace(conv=min(tap.conv, self.blocks[tap.block - 1]))

    def scale(self, tap: Tap) -> float:
        """What features there are multiplied by, so that a loss of weight 1 is about as large as the MSE."""
        if self.variety.name == "torchvision":
            return PAPER_SCALE
        *convolutions, pooling = CAFFE_FACTORS[tap.block - 1]
        last = len(convolutions)
        return math.sqrt(convolutions[min(tap.conv, last) - 1] if tap.conv else pooling)


def load_vgg(path: Path | None) -> VggWeights:
    """Weights of a file, or torchvision's VGG19, downloaded once and checked.

    A .safetensors whose metadata says `variety = caffe` sees BGR in 0..255. UsageError for a file of another
    kind, EnvironmentLackError, naming file, sha256 and place, where the download is impossible or damaged.
    """
    if path is None:
        path = _downloaded()
    if path.suffix == ".safetensors":
        tensors, variety = _read_safetensors(path)
    else:
        tensors, variety = _read_torch(path), None
    weights = VggWeights(tensors, CAFFE if variety == "caffe" else TORCHVISION)
    _check(weights, path)
    return weights


def _check(weights: VggWeights, path: Path) -> None:
    """Every convolution is there and takes what the one before gives."""
    channels = 3
    for key in conv_keys(weights.blocks):
        weight, bias = (weights.tensors.get(f"{key}.{kind}") for kind in ("weight", "bias"))
        if not isinstance(weight, Tensor) or not isinstance(bias, Tensor):
            raise UsageError(f"{path} does not hold a VGG16 or VGG19: it has no {key}")
        if weight.shape[1:] != (channels, 3, 3) or bias.shape != weight.shape[:1]:
            raise UsageError(f"{path} does not hold a VGG16 or VGG19: {key} has shape {tuple(weight.shape)}")
        channels = weight.shape[0]


def conv_keys(blocks: tuple[int, ...]) -> list[str]:
    """torchvision's names: two numbers for each convolution and its ReLU, one for each pooling."""
    keys, layer = [], 0
    for count in blocks:
        keys += [f"features.{layer + 2 * index}" for index in range(count)]
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


def _downloaded() -> Path:
    """torch's own cache, so that a file torchvision has fetched is found."""
    target = Path(torch.hub.get_dir()) / "checkpoints" / URL.rsplit("/", 1)[1]
    if target.is_file():
        _check_cached(target)
    else:
        logger.warning("fetching %s (%d MB) to %s", URL, SIZE_BYTES // 10**6, target)
        fetch(URL, SHA256, target)
    return target


def _check_cached(path: Path) -> None:
    """EnvironmentLackError for other bytes than it should have; reading them all takes a third of a second."""
    size = path.stat().st_size
    if size != SIZE_BYTES:
        raise EnvironmentLackError(
            f"{path} is damaged: {size} bytes instead of {SIZE_BYTES} (sha256 {SHA256}); remove it"
        )
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EnvironmentLackError(f"cannot read {path}: {reason(error)}") from error
    if found != SHA256:
        raise EnvironmentLackError(f"{path} is damaged: its sha256 is {found} instead of {SHA256}; remove it")


def fetch(url: str, sha256: str, target: Path) -> None:
    """Download a weights file to `target`; it appears there whole and checked, or not at all.

    EnvironmentLackError says what is missing and where it may be put by hand; OutputError where it cannot be written.
    """
    lack = (
        f"VGG losses need the file {target.name} (sha256 {sha256}): put it at {target}, or name other VGG16 or VGG19"
        f" weights with --vgg-weights; {url}"
    )
    digest = hashlib.sha256()
    make_folder(target.parent)
    with replacing(target) as aside, aside.open("wb") as file:
        for chunk in _chunks(url, lack):
            digest.update(chunk)
            file.write(chunk)
        if digest.hexdigest() != sha256:
            raise EnvironmentLackError(f"{lack} gave a damaged file, sha256 {digest.hexdigest()}")


def _chunks(url: str, lack: str) -> Iterator[bytes]:
    try:
        # An opener of its own reads the proxy settings now, not those at the first use in this process.
        with urllib.request.build_opener().open(url, timeout=_TIMEOUT_S) as response:
            while chunk := response.read(_CHUNK_BYTES):
                yield chunk
    except (OSError, http.client.HTTPException) as error:
        raise EnvironmentLackError(f"{lack} cannot be reached ({getattr(error, 'reason', error)})") from error
