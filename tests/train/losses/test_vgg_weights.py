"""Where VGG's weights come from: files of all kinds, good and bad, and a server on this machine."""

import hashlib
import math
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from torch import Tensor
from upscale.train.losses.names import Tap
from upscale.train.losses.vgg_weights import (
    CAFFE,
    SHA256,
    SIZE_BYTES,
    TORCHVISION,
    URL,
    VggWeights,
    conv_keys,
    fetch,
    load_vgg,
)  # fmt: skip

from upscale.errors import EnvironmentLackError, OutputError, UsageError

CONTENT = b"weights" * 100_000


class Server(BaseHTTPRequestHandler):
    """`/whole` is a file, `/short` breaks off in its middle, everything else is missing."""

    def do_GET(self) -> None:  # noqa: N802 - the name is the library's
        if self.path not in ("/whole", "/short"):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT if self.path == "/whole" else CONTENT[:1000])

    def log_message(self, format: str, *args: object) -> None:
        """Not a word."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No network, and a cache of torch's that is empty."""
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    return tmp_path / "hub" / "checkpoints" / "vgg19-dcbb9e9d.pth"


def test_the_name_of_the_file_carries_the_beginning_of_its_sha256() -> None:
    assert len(SHA256) == 64 and f"-{SHA256[:8]}.pth" in URL


def test_without_a_network_file_checksum_and_place_are_named(nowhere: Path) -> None:
    with pytest.raises(EnvironmentLackError) as caught:
        load_vgg(None)
    for word in ("vgg19-dcbb9e9d.pth", SHA256, str(nowhere), "--vgg-weights", URL):
        assert word in str(caught.value)
    assert list(nowhere.parent.iterdir()) == []


def test_a_part_of_the_file_in_the_cache_is_told(nowhere: Path) -> None:
    nowhere.parent.mkdir(parents=True)
    nowhere.write_bytes(b"only a part")
    with pytest.raises(EnvironmentLackError, match=f"is damaged: 11 bytes instead of {SIZE_BYTES} .*remove it"):
        load_vgg(None)


def test_a_file_of_other_bytes_in_the_cache_is_told(nowhere: Path) -> None:
    nowhere.parent.mkdir(parents=True)
    with nowhere.open("wb") as file:
        file.truncate(SIZE_BYTES)
    with pytest.raises(EnvironmentLackError, match=f"is damaged: its sha256 is [0-9a-f]{{64}} instead of {SHA256}"):
        load_vgg(None)


def test_a_download_is_checked(server: str, tmp_path: Path) -> None:
    target = tmp_path / "cache" / "vgg.pth"
    fetch(f"{server}/whole", hashlib.sha256(CONTENT).hexdigest(), target)
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("path", ["whole", "short", "missing"])
def test_a_bad_download_leaves_nothing(server: str, tmp_path: Path, path: str) -> None:
    """A wrong checksum, a lost connection, no such file."""
    with pytest.raises(EnvironmentLackError, match=r"vgg\.pth \(sha256 0000"):
        fetch(f"{server}/{path}", "0" * 64, tmp_path / "vgg.pth")
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_cannot_be_made_is_told(server: str, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(OutputError, match="cannot make the folder"):
        fetch(f"{server}/whole", "", tmp_path / "cache" / "vgg.pth")


@pytest.mark.parametrize("network", ["vgg16", "vgg19"])
def test_both_networks_in_both_kinds_of_file(
    network: str, request: pytest.FixtureRequest, vgg_file: Callable[..., Path], tmp_path: Path
) -> None:
    tensors: dict[str, Tensor] = request.getfixturevalue(network)
    torch.save(tensors | {"classifier.0.weight": torch.rand(3)}, tmp_path / "vgg.pth")
    for path in (vgg_file(tensors), tmp_path / "vgg.pth"):
        weights = load_vgg(path)
        assert weights.variety is TORCHVISION
        assert len(conv_keys(weights.blocks)) == sum(weights.blocks) == int(network[3:]) - 3
        assert all(torch.equal(weights.tensors[key], value) for key, value in tensors.items())
    assert load_vgg(vgg_file(tensors, caffe=True)).variety is CAFFE


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("vgg.pth", None, "does not exist"),
        ("vgg.safetensors", None, "does not exist or is no weights file"),
        ("vgg.pth", b"damaged", "is no weights file"),
        ("vgg.pth", b"", "is no weights file"),
        ("vgg.safetensors", b"damaged", "is no weights file"),
    ],
)
def test_files_that_are_none(name: str, content: bytes | None, message: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=f"cannot read VGG weights .*{message}"):
        load_vgg(tmp_path / name)


def test_a_truncated_file_is_told(vgg19: dict[str, Tensor], vgg_file: Callable[..., Path], tmp_path: Path) -> None:
    torch.save(vgg19, tmp_path / "vgg.pth")
    for path in (vgg_file(vgg19), tmp_path / "vgg.pth"):
        path.write_bytes(path.read_bytes()[:-100])
        with pytest.raises(UsageError, match="cannot read VGG weights"):
            load_vgg(path)


def test_weights_of_something_else(vgg19: dict[str, Tensor], vgg_file: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"does not hold a VGG16 or VGG19: it has no features\.21"):
        load_vgg(vgg_file({key: value for key, value in vgg19.items() if key != "features.21.bias"}))
    with pytest.raises(UsageError, match=r"features\.2 has shape \(4, 3, 3, 3\)"):
        load_vgg(vgg_file(vgg19 | {"features.2.weight": torch.rand(4, 3, 3, 3)}))
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(UsageError, match="holds no named weights"):
        load_vgg(tmp_path / "list.pth")


def test_vgg16_stands_in_with_the_last_of_a_block(vgg16: dict[str, Tensor], vgg19: dict[str, Tensor]) -> None:
    small, large = VggWeights(vgg16, TORCHVISION), VggWeights(vgg19, TORCHVISION)
    assert small.nearest(Tap(5, 4)) == Tap(5, 3) and large.nearest(Tap(5, 4)) == Tap(5, 4)
    assert small.nearest(Tap(3, 4, before_relu=True)) == Tap(3, 3, before_relu=True)
    assert small.nearest(Tap(4, 0)) == Tap(4, 0) and small.nearest(Tap(2, 2)) == Tap(2, 2)


def test_scales_are_the_papers_and_those_the_shipped_srgan_was_trained_with(vgg16: dict[str, Tensor]) -> None:
    paper, caffe = VggWeights(vgg16, TORCHVISION), VggWeights(vgg16, CAFFE)
    assert paper.scale(Tap(5, 3)) == paper.scale(Tap(1, 2, True)) == paper.scale(Tap(4, 0)) == 1 / 12.75
    assert caffe.scale(Tap(2, 2)) ** 2 == pytest.approx(6e-9)
    assert caffe.scale(Tap(5, 3)) ** 2 == caffe.scale(Tap(5, 4)) ** 2 == pytest.approx(6e-5)
    assert caffe.scale(Tap(5, 3, before_relu=True)) == caffe.scale(Tap(5, 3))
    every = [Tap(block, conv) for block, count in enumerate(caffe.blocks, 1) for conv in range(count + 1)]
    assert all(0 < caffe.scale(tap) < 0.01 and math.isfinite(caffe.scale(tap)) for tap in every)
