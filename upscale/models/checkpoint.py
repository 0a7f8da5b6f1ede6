"""Networks in safetensors files: tensors, and in the metadata the architecture, its configuration and the contract."""

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from upscale.atomic import write_bytes
from upscale.errors import UsageError
from upscale.models.espcn import Espcn, EspcnConfig
from upscale.models.network import Network
from upscale.models.resample import Resample, ResampleConfig
from upscale.models.spec import ModelSpec
from upscale.models.srcnn import Srcnn, SrcnnConfig
from upscale.models.srresnet import Srresnet, SrresnetConfig

_METADATA_KEY = "upscale"


def build(architecture: str, config: dict[str, Any]) -> Network:
    """A network with fresh weights; ValueError for an unknown architecture, TypeError for an unknown setting."""
    config = {key: tuple(value) if isinstance(value, list) else value for key, value in config.items()}
    match architecture:
        case "srcnn":
            return Srcnn(SrcnnConfig(**config))
        case "espcn":
            return Espcn(EspcnConfig(**config))
        case "srresnet":
            return Srresnet(SrresnetConfig(**config))
        case "resample":
            return Resample(ResampleConfig(**config))
    raise ValueError(f"unknown architecture {architecture!r}")


def save_network(network: Network, path: Path, *, dtype: torch.dtype = torch.float32) -> None:
    """Write weights and contract to one file, atomically. `dtype` is the stored precision of the weights."""
    tensors = {
        key: (value.to(dtype) if value.is_floating_point() else value).contiguous().cpu()
        for key, value in network.state_dict().items()
    }
    description = {
        "architecture": network.spec.architecture,
        "config": asdict(network.config),
        "spec": {key: value for key, value in asdict(network.spec).items() if key not in ("radius", "channels")},
    }
    write_bytes(path, save(tensors, {_METADATA_KEY: json.dumps(description)}))


def read_network(path: Path) -> Network:
    """The network of a file, in evaluation mode and float32; UsageError for any other file."""
    description, tensors = _read(path)
    try:
        network = build(description["architecture"], description["config"])
        network.load_state_dict({key: value.float() for key, value in tensors.items()})
        known = {field.name for field in fields(ModelSpec)}
        network.rename(**{key: value for key, value in description["spec"].items() if key in known})
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(f"{path} does not hold a network this version can build: {reason}") from error
    return network.eval()


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            text = (file.metadata() or {}).get(_METADATA_KEY)
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (no mapping)
    except FileNotFoundError:
        raise UsageError(f"weights file {path} does not exist") from None
    except (SafetensorError, OSError) as error:
        raise UsageError(
            f"{path} is not a safetensors file ({error}); expected weights made by upscale train"
        ) from error
    if text is None:
        raise UsageError(
            f"{path} is a safetensors file but not a network of upscale: its metadata names no architecture"
        )
    try:
        return dict(json.loads(text)), tensors
    except ValueError as error:
        raise UsageError(f"{path}: damaged metadata ({error})") from error
