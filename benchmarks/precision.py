"""How safe half precision is: its results beside those of fp32, and both beside the truth.

    python benchmarks/precision.py [--dtype bf16] [--dtype fp16] [--sets Set5,Set14] [--models srgan,espcn]

The shipped x4 weights on the published low-resolution files below $UPSCALE_DATA (or ../shared/data). `>1`: share of
8-bit samples that differ by more than one level. PSNR in dB on Y, means over the set.
"""

import math
import os
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from common import parser, print_machine
from numpy.typing import NDArray

from upscale.engine.bands import TensorSource, assemble
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.evaluate.measuring import measure
from upscale.evaluate.pairs import Pair, find_pairs
from upscale.evaluate.protocol import Protocol
from upscale.evaluate.scoring import quantised, read_pair
from upscale.models.catalog import load_network

ROOT = Path(__file__).resolve().parents[1]
SCALE = 4
# Of samples that differ by more than a level, and of dB.
MOST_OFF, MOST_LOST_DB = 0.001, 0.01


@dataclass(frozen=True)
class Comparison:
    """Means over a set; `off` over all its samples."""

    off: float
    psnr_fp32: float
    psnr_half: float

    @property
    def lost_db(self) -> float:
        """What half precision costs."""
        return self.psnr_fp32 - self.psnr_half


def main() -> None:
    """A row for each model, set and arithmetic."""
    options = _options()
    folder = Path(os.environ.get("UPSCALE_DATA", ROOT.parent / "shared" / "data")) / "test"
    print_machine()
    print(f"{'model':10}{'set':8}{'dtype':7}{'>1':>11}{'PSNR fp32':>11}{'half':>9}{'lost':>9}")
    for model in options.models.split(","):
        for name in options.sets.split(","):
            if not (folder / name / "HR").is_dir():
                print(f"skipped {name}: not found below {folder}; set UPSCALE_DATA")
                continue
            pairs = find_pairs(folder / name / "HR", folder / name / f"LRx{SCALE}", SCALE)[: options.pictures]
            for dtype in options.dtype or ["bf16"]:
                _print_row(model, name, dtype, compare(model, dtype, options.device, pairs))


def _options() -> Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("--dtype", choices=("bf16", "fp16"), action="append", help="may be repeated; default bf16")
    arguments.add_argument("--sets", default="Set5,Set14")
    arguments.add_argument("--models", default="srgan,srresnet,espcn,srcnn")
    arguments.add_argument("--device", default="auto")
    arguments.add_argument("--pictures", type=int, help="only so many of each set")
    return arguments.parse_args()


def _print_row(model: str, name: str, dtype: str, result: Comparison) -> None:
    safe = result.off <= MOST_OFF and result.lost_db <= MOST_LOST_DB
    scores = f"{result.psnr_fp32:11.3f}{result.psnr_half:9.3f}{result.lost_db:+9.4f}"
    print(f"{model:10}{name:8}{dtype:7}{result.off:10.4%} {scores}  {'safe' if safe else 'NOT SAFE'}", flush=True)


def compare(model: str, dtype: str, device: str, pairs: list[Pair]) -> Comparison:
    """Enlarge every picture in both."""
    network = load_network(model, SCALE)
    exact, half = (Upscaler(network, UpscaleOptions(device=device, dtype=word)) for word in ("fp32", dtype))
    protocol = Protocol(SCALE, ("psnr",), "folder")
    off, samples, scores = 0, 0, []
    for pair in pairs:
        lr, hr = read_pair(pair, SCALE)
        results = _enlarged(exact, lr), _enlarged(half, lr)
        difference = np.abs(results[0].astype(np.int16) - results[1])
        off, samples = off + int((difference > 1).sum()), samples + difference.size
        scores.append([measure(result, hr, protocol)["psnr"] for result in results])
    means = [math.fsum(column) / len(scores) for column in zip(*scores, strict=True)]
    return Comparison(off / samples, *means)


def _enlarged(upscaler: Upscaler, lr: NDArray[np.uint8]) -> NDArray[np.uint8]:
    source = TensorSource(torch.from_numpy(lr).permute(2, 0, 1).float() / 255)
    return quantised(next(assemble(upscaler.stream([source]), upscaler.scale)))


if __name__ == "__main__":
    main()
