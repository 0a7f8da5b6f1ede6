"""The pictures beside `ablation.py`'s figures: the most detailed part of each sample, by every network.

The test sets may not be given away; the samples have no originals.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from upscale.atomic import write_bytes
from upscale.engine.bands import TensorSource, assemble
from upscale.engine.upscaler import Upscaler
from upscale.evaluate.pictures import read_rgb
from upscale.evaluate.scoring import quantised
from upscale.plot.lettering import Ink, shortened, write

Pixels = NDArray[np.uint8]

SIDE_PX = 160
GAP_PX = 4
LABEL = Ink(13, bold=True)


@dataclass(frozen=True)
class Column:
    """A network and its name above its pictures."""

    name: str
    upscaler: Upscaler


def draw_sheet(columns: Sequence[Column], samples: Sequence[Path], scale: int, target: Path) -> None:
    """Write a PNG: the low resolution and each network's result, at 100 %, a row for each sample."""
    names = ["low resolution", *(column.name for column in columns)]
    rows = [_beside([_label(name) for name in names]), *(_row(columns, sample, scale) for sample in samples)]
    sheet = np.concatenate([np.pad(row, ((0, GAP_PX), (0, 0), (0, 0)), constant_values=255) for row in rows])
    done, png = cv2.imencode(".png", sheet[..., ::-1])
    if not done:
        raise SystemExit(f"cannot encode {target}")
    write_bytes(target, png.tobytes())


def _row(columns: Sequence[Column], sample: Path, scale: int) -> Pixels:
    lr = read_rgb(sample)
    side = SIDE_PX // scale
    top, left = _most_detailed(lr, side)
    lr = lr[top : top + side, left : left + side]
    results = [lr.repeat(scale, 0).repeat(scale, 1), *(_enlarged(column.upscaler, lr) for column in columns)]
    return _beside(results)


def _most_detailed(pixels: Pixels, side: int) -> tuple[int, int]:
    """The corner of the square with the strongest edges: nobody's choice."""
    edges = np.abs(cv2.Laplacian(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.CV_32F))
    # The mean over the square to the right of and below each pixel.
    detail = cv2.blur(edges, (side, side), anchor=(0, 0))
    inside = detail[: pixels.shape[0] - side + 1, : pixels.shape[1] - side + 1]
    top, left = np.unravel_index(int(inside.argmax()), inside.shape)
    return int(top), int(left)


def _enlarged(upscaler: Upscaler, lr: Pixels) -> Pixels:
    source = TensorSource(torch.from_numpy(lr).permute(2, 0, 1).float() / 255)
    return quantised(next(assemble(upscaler.stream([source]), upscaler.scale)))


def _label(name: str) -> Pixels:
    paper = np.full((LABEL.line_px + 2, SIDE_PX, 3), 255, np.uint8)
    write(paper, shortened(name, SIDE_PX, LABEL), (SIDE_PX / 2, LABEL.line_px / 2), LABEL, anchor="middle")
    return paper


def _beside(blocks: Sequence[Pixels]) -> Pixels:
    gap = np.full((blocks[0].shape[0], GAP_PX, 3), 255, np.uint8)
    return np.concatenate([part for block in blocks for part in (block, gap)][:-1], axis=1)
