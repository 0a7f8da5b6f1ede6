"""Networks in safetensors files: tensors, and in the metadata the architecture, its configuration and the contract."""

import json
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from upscale.atomic import write_bytes
from upscale.errors import UsageError
from upscale.models.espcn import Espcn, EspcnConfig
from upscale.models.network import Network
from upscale.models.resample import Resample, ResampleConfig
from upscale.models.srcnn import Srcnn, SrcnnConfig
from upscale.models.srresnet import Srresnet, SrresnetConfig

_METADATA_KEY = "upscale"
_LARGEST_SIZE = 4096
_LARGEST_SCALE = 8
# What only the file knows of its network, and of what kind it is; files from before some of it was told have less.
_TOLD: dict[str, type] = {
    "name": str, "licence": str, "trained_on": str, "losses": dict, "steps": int, "scores": dict,
}  # fmt: skip

_Config = TypeVar("_Config", SrcnnConfig, EspcnConfig, SrresnetConfig, ResampleConfig)


def build(architecture: str, config: dict[str, Any]) -> Network:
    """A network with fresh weights; ValueError or TypeError for what is no architecture or no setting of it."""
    config = {key: tuple(value) if isinstance(value, list) else value for key, value in config.items()}
    match architecture:
        case "srcnn":
            return Srcnn(checked(SrcnnConfig(**config)))
        case "espcn":
            return Espcn(checked(EspcnConfig(**config)))
        case "srresnet":
            return Srresnet(checked(SrresnetConfig(**config)))
        case "resample":
            return Resample(checked(ResampleConfig(**config)))
    raise ValueError(f"unknown architecture {architecture!r}")


def checked(config: _Config) -> _Config:
    """The configuration, if its words are among those allowed and its sizes are sizes; else ValueError."""
    hints = get_type_hints(type(config))
    for item in fields(config):
        value, allowed = getattr(config, item.name), get_args(hints[item.name])
        numbers = value if isinstance(value, tuple) else (value,)
        if hints[item.name] is int or isinstance(value, tuple):
            if not all(type(number) is int and 1 <= number <= _LARGEST_SIZE for number in numbers):
                raise ValueError(f"{item.name} = {value!r}: expected whole numbers from 1 to {_LARGEST_SIZE}")
        elif value not in allowed:
            raise ValueError(f"{item.name} = {value!r}: choose {' or '.join(map(str, allowed))}")
    if not 2 <= getattr(config, "scale", 0) <= _LARGEST_SCALE:
        raise ValueError(f"scale {getattr(config, 'scale', None)}: expected 2 to {_LARGEST_SCALE}")
    return config


def save_network(network: Network, path: Path, *, dtype: torch.dtype = torch.float32) -> None:
    """Write weights and contract to one file, atomically. `dtype` is the stored precision of the weights."""
    tensors = {
        key: (value.to(dtype) if value.is_floating_point() else value).contiguous().cpu()
        for key, value in network.state_dict().items()
    }
    description = {
        "architecture": network.spec.architecture,
        "config": asdict(network.config),
        "spec": asdict(network.spec),
    }
    write_bytes(path, save(tensors, {_METADATA_KEY: json.dumps(description)}))


def read_network(path: Path) -> Network:
    """The network of a file, in evaluation mode and float32; UsageError for any other file."""
    description, tensors = _read(path)
    try:
        network = build(description["architecture"], description["config"])
        network.load_state_dict({key: value.float() for key, value in tensors.items()})
        network.spec = replace(network.spec, **_told(description["spec"]))
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(f"{path} does not hold a network this version can build: {reason}") from error
    if not all(torch.isfinite(value).all() for value in tensors.values()):
        raise UsageError(f"{path} holds weights that are not finite: its training has failed")
    return network.eval()


def _told(spec: dict[str, Any]) -> dict[str, Any]:
    """What a file says of its network beyond what the network shows itself; ValueError for what is nonsense.

    Scale and radius are the network's own to say: a file that says otherwise would make tiles inexact.
    """
    told = {key: spec[key] for key in _TOLD if key in spec}
    for key, value in told.items():
        numbers = value.values() if isinstance(value, dict) else ()
        right = type(value) is _TOLD[key] and all(type(number) in (int, float) for number in numbers)
        if not right:
            raise ValueError(f"{key} = {value!r} in its metadata")
    return told


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            text = (file.metadata() or {}).get(_METADATA_KEY)
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (no mapping)
    except FileNotFoundError:
        raise UsageError(f"weights file {path} does not exist") from None
    except (SafetensorError, OSError) as error:
        if path.is_dir():
            raise UsageError(f"{path} is a folder; expected weights made by upscale train") from error
        raise UsageError(
            f"{path} is not a safetensors file ({error}); expected weights made by upscale train"
        ) from error
    if text is None:
        raise UsageError(
            f"{path} is a safetensors file but not a network of upscale: its metadata names no architecture"
        )
    try:
        description = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: damaged metadata ({error})") from error
    if not isinstance(description, dict):
        raise UsageError(f"{path}: damaged metadata (no description of a network)")
    return description, tensors
