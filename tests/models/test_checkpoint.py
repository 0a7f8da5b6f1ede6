"""Weights files: what is saved comes back bit by bit; any other file is refused in one sentence."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from networks import network_name, small_networks
from safetensors import safe_open
from safetensors.torch import save_file

from upscale.errors import UsageError
from upscale.models.checkpoint import read_network, save_network
from upscale.models.network import Network

# Everything that a training tells.
TOLD: dict[str, Any] = {
    "trained_on": "squares",
    "losses": {"l1": 0.01, "vgg54": 1, "gan": 5e-3},
    "steps": 1000,
    "licence": "MIT",
    "scores": {"Set5 x4 PSNR-Y": 30.5},
}


@pytest.mark.parametrize("network", small_networks(), ids=network_name)
def test_saved_and_read_is_the_same_network(network: Network, tmp_path: Path) -> None:
    network.spec = replace(network.spec, **TOLD)
    save_network(network, tmp_path / "w.safetensors")
    again = read_network(tmp_path / "w.safetensors")
    lr = torch.rand(1, 3, 6, 7)
    assert again.spec == network.spec
    assert again.config == network.config
    assert torch.equal(again(lr), network(lr))
    assert not again.training


def test_half_precision_file_is_half_the_size(tmp_path: Path) -> None:
    network = small_networks()[0]
    save_network(network, tmp_path / "full.safetensors")
    save_network(network, tmp_path / "half.safetensors", dtype=torch.float16)
    sizes = [(tmp_path / name).stat().st_size for name in ("half.safetensors", "full.safetensors")]
    assert sizes[0] < 0.7 * sizes[1]
    assert next(read_network(tmp_path / "half.safetensors").parameters()).dtype is torch.float32


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a safetensors file"),
        (b"\x80\x02}q\x00.", "not a safetensors file"),
        (b"just text, and a good deal of it", "not a safetensors file"),
    ],
)
def test_other_files_are_refused(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=words):
        read_network(path)


def test_foreign_safetensors_is_refused(tmp_path: Path) -> None:
    save_file({"conv.weight": torch.zeros(1)}, tmp_path / "w.safetensors")
    with pytest.raises(UsageError, match="not a network of upscale"):
        read_network(tmp_path / "w.safetensors")


def test_file_of_a_network_from_the_future_is_refused(tmp_path: Path) -> None:
    metadata = {"upscale": '{"architecture": "mamba", "config": {}, "spec": {}}'}
    save_file({"weight": torch.zeros(1)}, tmp_path / "w.safetensors", metadata)
    with pytest.raises(UsageError, match="unknown architecture 'mamba'"):
        read_network(tmp_path / "w.safetensors")


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.safetensors does not exist"):
        read_network(tmp_path / "none.safetensors")


def metadata_of(path: Path) -> dict[str, Any]:
    with safe_open(path, framework="pt") as file:
        described: dict[str, Any] = json.loads(file.metadata()["upscale"])
    return described


def rewritten(path: Path, changes: dict[str, Any], without: tuple[str, ...] = ()) -> Path:
    """The same tensors, with another contract in the metadata."""
    described = metadata_of(path)
    spec = {key: value for key, value in (described["spec"] | changes).items() if key not in without}
    with safe_open(path, framework="pt") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (no mapping)
    save_file(tensors, path, {"upscale": json.dumps(described | {"spec": spec})})
    return path


def test_file_tells_other_programs_all_of_it(tmp_path: Path) -> None:
    network = small_networks()[0]
    network.spec = replace(network.spec, **TOLD)
    save_network(network, tmp_path / "w.safetensors")
    described = metadata_of(tmp_path / "w.safetensors")
    assert described["architecture"] == "srresnet"
    assert described["config"]["scale"] == described["spec"]["scale"] == network.spec.scale
    assert described["spec"]["radius"] == network.spec.radius
    assert {key: described["spec"][key] for key in TOLD} == TOLD


def test_older_file_that_tells_less_is_read(tmp_path: Path) -> None:
    network = small_networks()[0]
    network.spec = replace(network.spec, **TOLD)
    save_network(network, tmp_path / "w.safetensors")
    again = read_network(rewritten(tmp_path / "w.safetensors", {}, ("losses", "steps", "radius", "channels")))
    assert again.spec == replace(network.spec, losses={}, steps=0)


def test_radius_and_scale_of_a_file_are_not_believed(tmp_path: Path) -> None:
    network = small_networks()[0]
    save_network(network, tmp_path / "w.safetensors")
    assert read_network(rewritten(tmp_path / "w.safetensors", {"radius": 1, "scale": 7})).spec == network.spec


@pytest.mark.parametrize(
    "nonsense", [{"losses": ["l1"]}, {"losses": {"l1": "much"}}, {"steps": "many"}, {"steps": None}, {"licence": 7}]
)
def test_nonsense_in_the_contract_is_refused(nonsense: dict[str, Any], tmp_path: Path) -> None:
    save_network(small_networks()[0], tmp_path / "w.safetensors")
    with pytest.raises(UsageError, match=f"{next(iter(nonsense))} = .* in its metadata"):
        read_network(rewritten(tmp_path / "w.safetensors", nonsense))
