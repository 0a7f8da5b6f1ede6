"""The loop that most training scripts are: a DataLoader that decodes PNGs and crops with OpenCV, the paper's layers."""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from original import OriginalGraph
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from upscale.models.srresnet import Srresnet, SrresnetConfig


@dataclass(frozen=True)
class Plain:
    """How the loop runs; `workers` are the DataLoader's, 0 for its own process."""

    folder: Path
    batch: int
    crop: int
    scale: int
    device: torch.device
    dtype: torch.dtype
    workers: int


class _Crops(Dataset[tuple[Tensor, Tensor]]):
    """Random crops and mirrorings; the low resolution is made of each crop."""

    def __init__(self, plain: Plain, length: int) -> None:
        self._paths = sorted(plain.folder.glob("*.png"))
        self._plain, self._length = plain, length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        pixels = cv2.cvtColor(cv2.imread(str(random.choice(self._paths))), cv2.COLOR_BGR2RGB)
        small, side = self._plain.crop, self._plain.crop * self._plain.scale
        top, left = (random.randint(0, length - side) for length in pixels.shape[:2])
        hr = pixels[top : top + side, left : left + side]
        if random.random() < 0.5:
            hr = hr[:, ::-1]
        if random.random() < 0.5:
            hr = hr.transpose(1, 0, 2)
        hr = np.ascontiguousarray(hr)
        lr = cv2.resize(hr, (small, small), interpolation=cv2.INTER_CUBIC)
        return _planes(lr), _planes(hr)


def _planes(pixels: np.ndarray) -> Tensor:
    return torch.from_numpy(pixels.transpose(2, 0, 1).astype(np.float32) / 255)


def paper_srresnet(scale: int) -> nn.Module:
    """The layers of our network in the paper's order, without a rewrite and with torch's own PReLU."""
    network = Srresnet(SrresnetConfig(scale=scale, norm="none"))
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.PReLU):
                setattr(module, name, nn.PReLU())
    return OriginalGraph(network)


def plain_steps(plain: Plain) -> Iterator[float]:
    """Each step when asked for the next; yields the seconds that it waited for its batch."""
    network = paper_srresnet(plain.scale).to(plain.device).train()
    optimiser = torch.optim.Adam(network.parameters(), 1e-4)
    criterion = nn.L1Loss()
    crops = _Crops(plain, plain.batch * 10**6)
    pinned = plain.device.type == "cuda"
    loader = iter(DataLoader(crops, plain.batch, num_workers=plain.workers, pin_memory=pinned))
    while True:
        begun_s = time.perf_counter()
        lr, hr = next(loader)
        waited_s = time.perf_counter() - begun_s
        lr, hr = (side.to(plain.device, non_blocking=True) for side in (lr, hr))
        with torch.autocast(plain.device.type, plain.dtype, enabled=plain.dtype is not torch.float32):
            loss = criterion(network(lr).float(), hr)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        loss.item()  # what the progress bar shows
        yield waited_s
