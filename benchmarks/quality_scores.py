"""The measuring of `quality.py`: each picture enlarged once, every score taken from that."""

import math
import statistics
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import torch
from quality_memory import FULL, ORIGINALS, Memory
from quality_subjects import PLANE, Pixels, Subject, TestSet, sets_for

from upscale.device import choose_device, choose_dtype
from upscale.engine.bands import TensorSource, assemble
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.evaluate.measuring import measure
from upscale.evaluate.pairs import Pair
from upscale.evaluate.protocol import Protocol
from upscale.evaluate.scoring import quantised, read_pair
from upscale.models.catalog import load_network

# Daala's SSIM is for standing beside the paper of SRGAN, whose figures are all x4.
DAALA_SCALE = 4
# Gray levels instead of luma, which spans 219 of 255: the error of a gray picture is larger by that.
GRAY_DB = 20 * math.log10(255 / 219)
NAMES = {torch.float32: "fp32", torch.float16: "fp16", torch.bfloat16: "bf16"}


def measure_all(subjects: list[Subject], options: Namespace, memory: Memory) -> None:
    """What is not known yet: everything in fp32, PSNR also in the arithmetic that users get on this machine."""
    usual = usual_dtype(options.device)
    measure_originals(options, memory)
    for subject in subjects:
        for test_set in sets_for(subject):
            _measure(subject, test_set, FULL, options, memory)
            if usual != FULL and subject.file and test_set.worsen is None and "@" not in subject.name:
                _measure(subject, test_set, usual, options, memory)


def usual_dtype(device: str) -> str:
    """The arithmetic of `--dtype auto`."""
    return NAMES[choose_dtype("auto", choose_device(device))]


def originals(scale: int) -> Subject:
    """The pictures themselves, as if they had been enlarged by that factor."""
    return Subject(ORIGINALS, scale)


def measure_originals(options: Namespace, memory: Memory) -> None:
    """NIQE of what is to be reached."""
    subject = originals(4)
    pairs = PLANE.pairs(options.data, subject.scale, options.pictures)
    if memory.figures(subject, PLANE.name).get("pictures") == len(pairs):
        return
    protocol = Protocol(subject.scale, ("niqe",), "folder")
    scores = [measure(hr, hr, protocol)["niqe"] for hr in (read_pair(pair, subject.scale)[1] for pair in pairs)]
    memory.keep_figures(subject, PLANE.name, FULL, {"pictures": len(pairs), "niqe": statistics.fmean(scores)})


def upscaler_for(subject: Subject, options: Namespace, dtype: str = FULL) -> Upscaler:
    """The network as `upscale` runs it."""
    return Upscaler(load_network(subject.name, subject.scale), UpscaleOptions(device=options.device, dtype=dtype))


def enlarged(upscaler: Upscaler, lr: Pixels) -> Pixels:
    """In 8 bits, as a file would hold it. Shape: (h, w, 3) -> (H, W, 3)."""
    source = TensorSource(torch.from_numpy(lr).permute(2, 0, 1).float() / 255)
    return quantised(next(assemble(upscaler.stream([source]), upscaler.scale)))


def _measure(subject: Subject, test_set: TestSet, dtype: str, options: Namespace, memory: Memory) -> None:
    pairs = test_set.pairs(options.data, subject.scale, options.pictures)
    metrics = test_set.metrics if dtype == FULL else ("psnr",)
    protocol = Protocol(subject.scale, metrics, "folder" if pairs[0].lr else "matlab-bicubic")
    known = memory.figures(subject, test_set.name, dtype)
    if (known.get("pictures"), known.get("protocol")) == (len(pairs), str(protocol)):
        return
    print(f"{subject}: {test_set.name}, {len(pairs)} pictures, {dtype}", flush=True)
    rows = list(_rows(upscaler_for(subject, options, dtype), test_set, pairs, protocol))
    means = {metric: statistics.fmean(row[metric] for row in rows) for metric in rows[0]}
    if "drift" in means:
        means["drift_worst"] = max(row["drift"] for row in rows)
    facts: dict[str, Any] = {"pictures": len(pairs), "protocol": str(protocol), **means}
    memory.keep_figures(subject, test_set.name, dtype, facts)


def _rows(upscaler: Upscaler, test_set: TestSet, pairs: list[Pair], protocol: Protocol) -> Iterator[dict[str, float]]:
    for index, pair in enumerate(pairs):
        lr, hr = read_pair(pair, protocol.scale)
        sr = enlarged(upscaler, lr if test_set.worsen is None else test_set.worsen(lr, index))
        row: dict[str, float] = {**measure(sr, hr, protocol, lr=lr)}
        row["psnr_gray"] = row["psnr"] - (GRAY_DB if _is_gray(pair.hr) else 0)
        if "ssim" in protocol.metrics and protocol.scale == DAALA_SCALE:
            daala = Protocol(protocol.scale, ("ssim",), protocol.lr_from, ssim="daala")
            row["ssim_daala"] = measure(sr, hr, daala)["ssim"]
        yield row


def _is_gray(path: Path) -> bool:
    """Whether the file itself has one channel: `man` of Set14 has three, though they are equal."""
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    return pixels is not None and pixels.ndim == 2
