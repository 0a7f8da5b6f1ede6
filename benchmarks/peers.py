"""The peers of `against_peers.py`: each turns a picture on the host into an enlarged one on the host.

A peer is built by a function that raises MissingPeerError, with the way to get it, where this machine lacks it.
"""

import copy
import importlib
import importlib.util
import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import torch
from original import OriginalGraph, StagesGraph, tiny
from tile_loop import enlarge_by_tiles
from torch import Tensor, nn

from upscale.device import choose_dtype
from upscale.engine.bands import TensorSource, assemble
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.models.fuse import fuse
from upscale.models.network import Network


class MissingPeerError(Exception):
    """This machine lacks a peer; the message names it and says how to get it."""


@dataclass(frozen=True)
class Contest:
    """What all peers get: network, device, and the picture. Shape of `picture`: (3, H, W), float32, on the host."""

    network: Network
    device: torch.device
    picture: Tensor

    @property
    def half(self) -> torch.dtype:
        """The half precision that the device multiplies in hardware. MissingPeerError where there is none."""
        dtype = choose_dtype("auto", self.device)
        if dtype is torch.float32:
            raise MissingPeerError("this CPU multiplies no bf16; it takes AVX-512 BF16 or AMX")
        return dtype


@dataclass(frozen=True)
class Peer:
    """`work` is what is timed; `result` gives the same as a picture, for comparison."""

    dtype: torch.dtype
    work: Callable[[], object]
    result: Callable[[], Tensor]


def ours(contest: Contest, dtype: torch.dtype) -> Peer:
    """Our engine, its bands fetched as they come."""
    names = {torch.float32: "fp32", torch.float16: "fp16", torch.bfloat16: "bf16"}
    upscaler = Upscaler(contest.network, UpscaleOptions(device=str(contest.device), dtype=names[dtype]))
    source = TensorSource(contest.picture)

    def work() -> None:
        for band in upscaler.stream([source]):
            band.rows.cpu()

    return Peer(dtype, work, lambda: next(assemble(upscaler.stream([source]), upscaler.scale)).cpu())


def tile_loop(contest: Contest) -> Peer:
    """Real-ESRGAN's way; like there, half precision on a GPU only."""
    dtype = torch.float32 if contest.device.type == "cpu" else torch.float16
    graph = _graph(contest, dtype, torch.contiguous_format)
    like = torch.empty(0, dtype=dtype, device=contest.device)
    pixels = contest.picture.permute(1, 2, 0).contiguous().numpy()
    scale = contest.network.spec.scale

    def result() -> Tensor:
        return torch.from_numpy(enlarge_by_tiles(graph, pixels, scale, like)).permute(2, 0, 1)

    return Peer(dtype, result, result)


def eager(contest: Contest, dtype: torch.dtype) -> Peer:
    """PyTorch on the whole picture: fp32 as most tools do it, half precision in its quickest layout."""
    layout = torch.contiguous_format if dtype is torch.float32 else torch.channels_last
    return _torch_peer(contest, _graph(contest, dtype, layout), dtype, layout)


def compiled(contest: Contest, dtype: torch.dtype) -> Peer:
    """torch.compile on the original network, weights frozen into the program."""
    if contest.device.type == "cpu" and not _cpp_compiler():
        raise MissingPeerError("torch.compile needs a C++ compiler; install g++ or clang++")
    graph = _graph(contest, dtype, torch.channels_last)
    program = torch.compile(graph, dynamic=False, options={"freezing": True})
    peer = _torch_peer(contest, program, dtype, torch.channels_last)
    try:
        peer.work()
    except RuntimeError as error:
        raise MissingPeerError(f"torch.compile fails here: {str(error).splitlines()[0]}") from error
    return peer


def onnxruntime(contest: Contest) -> Peer:
    """ONNX Runtime in fp32, given the original graph."""
    _on_cpu(contest, "ONNX Runtime")
    runtime = _imported("onnxruntime")
    for module in ("onnx", "onnxscript"):
        _imported(module)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    lr = contest.picture[None].numpy()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        _export(_graph(contest, torch.float32, torch.contiguous_format), lr.shape, path)
        session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def result() -> Tensor:
        return torch.from_numpy(session.run(None, {"lr": lr})[0][0])

    return Peer(torch.float32, result, result)


def _export(graph: nn.Module, shape: tuple[int, ...], path: Path) -> None:
    """Write the graph as ONNX, without the exporter's notes on what it does not need."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(graph, (torch.zeros(shape),), str(path), input_names=["lr"], dynamo=True, verbose=False)


def openvino(contest: Contest, *, rewritten: bool) -> Peer:
    """OpenVINO in bf16, given the original graph, or our rewritten one."""
    _on_cpu(contest, "OpenVINO")
    dtype = contest.half
    runtime = _imported("openvino")
    stages = contest.network.stages()
    assert stages is not None
    graph = StagesGraph(fuse(stages)) if rewritten else _graph(contest, torch.float32, torch.contiguous_format)
    lr = contest.picture[None].numpy()
    with torch.no_grad():
        model = runtime.convert_model(graph, example_input=tiny(), input=[lr.shape])
    hints = {"INFERENCE_PRECISION_HINT": "bf16", "PERFORMANCE_HINT": "LATENCY"}
    program = runtime.Core().compile_model(model, "CPU", {**hints, "INFERENCE_NUM_THREADS": torch.get_num_threads()})
    request = program.create_infer_request()

    def work() -> object:
        return request.infer([lr], share_inputs=True, share_outputs=True)

    return Peer(dtype, work, lambda: torch.from_numpy(request.infer([lr])[program.output(0)][0]))


def tensorrt(contest: Contest) -> Peer:
    """TensorRT through Torch-TensorRT, given the original graph."""
    if contest.device.type != "cuda":
        raise MissingPeerError("TensorRT needs an NVIDIA GPU")
    _imported("torch_tensorrt")
    graph = _graph(contest, contest.half, torch.contiguous_format)
    program = torch.compile(graph, backend="torch_tensorrt", dynamic=False)
    return _torch_peer(contest, program, contest.half, torch.contiguous_format)


def _graph(contest: Contest, dtype: torch.dtype, layout: torch.memory_format) -> nn.Module:
    graph = OriginalGraph(copy.deepcopy(contest.network)).eval()
    return graph.to(contest.device, dtype, memory_format=layout)


def _torch_peer(
    contest: Contest, graph: Callable[[Tensor], Tensor], dtype: torch.dtype, layout: torch.memory_format
) -> Peer:
    lr = contest.picture[None]

    @torch.inference_mode()
    def result() -> Tensor:
        return graph(lr.to(contest.device, dtype, memory_format=layout)).float().cpu()[0]

    return Peer(dtype, result, result)


def _imported(name: str) -> ModuleType:
    if importlib.util.find_spec(name) is None:
        raise MissingPeerError(f"{name} is not installed; pip install {name.replace('_', '-')}")
    return importlib.import_module(name)


def _on_cpu(contest: Contest, name: str) -> None:
    if contest.device.type != "cpu":
        raise MissingPeerError(f"{name} is measured on CPUs only; use --device cpu")


def _cpp_compiler() -> bool:
    return any(shutil.which(name) for name in (os.environ.get("CXX", "g++"), "g++", "clang++", "cl"))
