"""Training pictures: decoded once into memory, low resolutions made once from whole pictures, crops by gather."""

import hashlib
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from upscale.train.config import TrainConfig

from upscale.errors import UsageError
from upscale.evaluate.luma import crop_to_multiple
from upscale.evaluate.pictures import SUFFIXES, read_rgb
from upscale.imresize import imresize

_VALIDATED_PX = 512

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pair:
    """A picture and its low resolution. Shape: lr (3, h, w), hr (3, h * scale, w * scale), uint8."""

    name: str
    lr: Tensor
    hr: Tensor


@dataclass(frozen=True)
class Pictures:
    """What a run trains on and what it is validated on; `fingerprint` tells one set from another."""

    training: list[Pair]
    held: list[Pair]
    fingerprint: str


def load_pictures(config: TrainConfig) -> Pictures:
    """The pictures of a run: those below `val`, or a tenth of them, at most 8, are kept out of training."""
    if config.val is None:
        training, held = split_validation(load_pairs(config.data, config.scale, smallest=config.crop))
    else:
        training = load_pairs(config.data, config.scale, smallest=config.crop, without=config.val)
        # Two borders of `scale` pixels are cut before measuring.
        held = load_pairs(config.val, config.scale, smallest=4)
    names = "\n".join(f"{pair.name} {tuple(pair.hr.shape)}" for pair in training)
    fingerprint = hashlib.sha256(names.encode(errors="surrogateescape")).hexdigest()[:16]
    return Pictures(training, [centre(pair, config.scale) for pair in held], fingerprint)


def load_pairs(folder: Path, scale: int, *, smallest: int, without: Path | None = None) -> list[Pair]:
    """Decode every picture below `folder`, not `without`, and make its low resolution by MATLAB's bicubic.

    The low resolution is made of the whole picture, never of a crop, whose edges would be wrong. Pictures
    with fewer than `smallest` low-resolution pixels a side are left out, and counted in a warning.
    BadInputError for a broken file, UsageError where nothing is left.
    """
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    if without is not None:
        paths = [path for path in paths if not path.resolve().is_relative_to(without.resolve())]
    if not paths:
        raise UsageError(f"no pictures found below {folder}")
    with ThreadPoolExecutor() as pool:
        pairs = list(pool.map(lambda path: _pair(path, scale), paths))
    kept = [pair for pair in pairs if min(pair.lr.shape[1:]) >= smallest]
    if not kept:
        raise UsageError(f"no picture below {folder} is at least {smallest * scale} pixels a side")
    if len(kept) < len(pairs):
        few = len(pairs) - len(kept)
        logger.warning("%d of %d pictures are smaller than %d pixels and left out", few, len(pairs), smallest * scale)
    return kept


def _pair(path: Path, scale: int) -> Pair:
    hr = crop_to_multiple(read_rgb(path), scale)
    if not hr.size:
        return Pair(path.name, torch.empty(3, 0, 0), torch.empty(3, 0, 0))
    return Pair(path.name, _planes(imresize(hr, 1 / scale)), _planes(hr))


def _planes(pixels: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))


def split_validation(pairs: list[Pair]) -> tuple[list[Pair], list[Pair]]:
    """Hold out a tenth, at most 8, spread evenly; a lone picture is trained on."""
    count = min(8, max(1, len(pairs) // 10)) if len(pairs) > 1 else 0
    held = set(np.linspace(0, len(pairs) - 1, count, dtype=int).tolist())
    training = [pair for index, pair in enumerate(pairs) if index not in held]
    return training, [pairs[index] for index in sorted(held)]


def centre(pair: Pair, scale: int) -> Pair:
    """At most 512 high-resolution pixels a side: what validation takes of a photograph."""
    side = _VALIDATED_PX // scale
    top, left = (max(0, (length - side) // 2) for length in pair.lr.shape[1:])
    lr = pair.lr[:, top : top + side, left : left + side]
    hr = pair.hr[:, top * scale : (top + side) * scale, left * scale : (left + side) * scale]
    return Pair(pair.name, lr, hr)


@dataclass(frozen=True)
class Crops:
    """An endless stream of random batches; the generator's state is its whole memory, so it can be resumed."""

    pairs: list[Pair]
    scale: int
    batch: int
    crop: int
    generator: torch.Generator

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches (lr, hr) in [0, 1]. Shape: (N, 3, crop, crop), (N, 3, crop * scale, crop * scale)."""
        areas = torch.tensor([pair.lr.shape[1] * pair.lr.shape[2] for pair in self.pairs], dtype=torch.float64)
        while True:
            chosen = torch.multinomial(areas, self.batch, replacement=True, generator=self.generator).tolist()
            crops = [self._crop(self.pairs[index]) for index in chosen]
            lr, hr = (torch.stack(side).float().div_(255) for side in zip(*crops, strict=True))
            yield lr, hr

    def _crop(self, pair: Pair) -> tuple[Tensor, Tensor]:
        size, scale = self.crop, self.scale
        top = self._below(pair.lr.shape[1] - size + 1)
        left = self._below(pair.lr.shape[2] - size + 1)
        symmetry = self._below(8)
        lr = pair.lr[:, top : top + size, left : left + size]
        hr = pair.hr[:, top * scale : (top + size) * scale, left * scale : (left + size) * scale]
        return turn(lr, symmetry), turn(hr, symmetry)

    def _below(self, bound: int) -> int:
        return int(torch.randint(bound, (1,), generator=self.generator))


def turn(picture: Tensor, symmetry: int) -> Tensor:
    """One of the 8 symmetries of the square. Shape: (C, H, W); 0 <= symmetry < 8."""
    if symmetry & 1:
        picture = picture.flip(2)
    if symmetry & 2:
        picture = picture.flip(1)
    return picture.transpose(1, 2) if symmetry & 4 else picture
