"""Weights files: what is saved comes back bit by bit; any other file is refused in one sentence."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from networks import network_name, small_networks
from safetensors.torch import save_file

from upscale.errors import UsageError
from upscale.models.checkpoint import read_network, save_network
from upscale.models.network import Network


@pytest.mark.parametrize("network", small_networks(), ids=network_name)
def test_saved_and_read_is_the_same_network(network: Network, tmp_path: Path) -> None:
    told = {"trained_on": "squares", "licence": "MIT", "scores": {"Set5 x4 PSNR-Y": 30.5}}
    network.spec = replace(network.spec, **told)
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
