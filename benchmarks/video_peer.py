"""The loop that other tools run: ffmpeg gives RGB bytes, the network whole frames, a second ffmpeg takes RGB bytes."""

import copy
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from upscale.engine.scaling import ScalePlan


class MissingToolError(Exception):
    """This machine has no ffmpeg on its path."""


def enlarge_through_pipes(plan: ScalePlan, source: Path, target: Path, px: tuple[int, int], dtype: torch.dtype) -> None:
    """Enlarge a clip of (height, width) `px`: its network as torch runs it, then a resize where the scale is another.

    Half precision gets what suits it, channels last. Reading, network and writing overlap as far as pipes let them.
    """
    if shutil.which("ffmpeg") is None:
        raise MissingToolError("no ffmpeg on the path; it is the peer's decoder and encoder")
    network = copy.deepcopy(plan.network).to(dtype=dtype, memory_format=torch.channels_last).eval()
    size_px = plan.target_size(*px)
    words = ["ffmpeg", "-v", "error", "-y"]
    decoder = [*words, "-i", str(source), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{size_px[1]}x{size_px[0]}", "-r", "25", "-i", "-"]
    encoder = [*words, *raw, "-c:v", "libx264", "-crf", "18", "-pix_fmt", "yuv420p", str(target)]
    with ExitStack() as stack:
        reading = stack.enter_context(subprocess.Popen(decoder, stdout=subprocess.PIPE))
        writing = stack.enter_context(subprocess.Popen(encoder, stdin=subprocess.PIPE))
        assert reading.stdout is not None and writing.stdin is not None
        for rgb in _frames(reading.stdout, px):
            writing.stdin.write(_enlarged(network, rgb, size_px, dtype))


@torch.inference_mode()
def _enlarged(network: nn.Module, rgb: Tensor, size_px: tuple[int, int], dtype: torch.dtype) -> bytes:
    """Shape: (height, width, 3), uint8 -> bytes of the same order, `size_px` large."""
    lr = rgb.permute(2, 0, 1)[None].to(dtype, memory_format=torch.channels_last) / 255
    sr = network(lr).float()
    if sr.shape[2:] != size_px:
        sr = F.interpolate(sr, size_px, mode="bicubic", antialias=True)
    codes = sr[0].permute(1, 2, 0).mul(255).round_().clamp_(0, 255).to(torch.uint8)
    return codes.contiguous().numpy().tobytes()


def _frames(pipe: IO[bytes], px: tuple[int, int]) -> Iterator[Tensor]:
    """Shape of each: (height, width, 3), uint8."""
    count = px[0] * px[1] * 3
    while len(content := pipe.read(count)) == count:
        yield torch.frombuffer(bytearray(content), dtype=torch.uint8).view(*px, 3)
