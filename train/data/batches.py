"""Batches of crops: each a pure function of the run's seed and the step, whoever asks for it and when."""

import itertools
import os
from collections import deque
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor
from upscale.train.config import TrainConfig
from upscale.train.data.degraded import Numbered, degraded_crops
from upscale.train.data.places import Chooser, Places, gather, walks
from upscale.train.data.store import Store
from upscale.train.degrade.grammar import parse_degradation

Batch = tuple[Tensor, Tensor]

_MOST_THREADS = 16


class Batches:
    """`at(step)` gives (lr, hr) in [0, 1] on the device, channels last.

    `share` is (rank, count): this process's part of `config.batch * count` crops, which are the same however many
    processes take them. Shape: (batch, 3, crop, crop), (batch, 3, crop * scale, crop * scale).
    """

    def __init__(
        self, config: TrainConfig, store: Store, device: torch.device, share: tuple[int, int] = (0, 1)
    ) -> None:
        self._config, self._store, self._device = config, store, device
        self._rank, self._count = share
        self._chooser = Chooser(store, config.crop)
        self._degradation = parse_degradation(config.degrade)

    def at(self, step: int) -> Batch:
        """The batch of a step."""
        batch = self._config.batch
        places = self._chooser.draw(self._config.seed, step, batch * self._count)
        places = places.part(self._rank * batch, (self._rank + 1) * batch)
        lr = self._store.lr
        if lr is None:
            return self._degraded(places, (step * self._count + self._rank) * batch)
        hr = self._store.hr
        return self._finished(self._cut(lr, places, 1)), self._finished(self._cut(hr, places, self._config.scale))

    def stream(self, first_step: int) -> Generator[Batch, None, None]:
        """The batches from a step on, without end; prepared ahead where that takes long. To be closed.

        What goes wrong in a thread is raised here.
        """
        threads = self._threads()
        if not threads:
            yield from map(self.at, itertools.count(first_step))
        with ThreadPoolExecutor(threads, "batches") as pool:
            ahead = deque(pool.submit(self.at, first_step + index) for index in range(threads + 1))
            try:
                for step in itertools.count(first_step + len(ahead)):
                    yield ahead.popleft().result()
                    ahead.append(pool.submit(self.at, step))
            finally:
                for batch in ahead:
                    batch.cancel()

    def _threads(self) -> int:
        """How many; none where a batch is gathered in a millisecond or two. A CPU's other cores are the network's."""
        cores = (os.cpu_count() or 1) // self._count
        if self._store.lr is None:
            share = cores // 2 if self._device.type == "cpu" else cores
            return max(1, min(_MOST_THREADS, share))
        away = self._device.type == "cuda" and self._store.hr.device.type != "cuda"
        return 2 if self._store.mapped or away else 0

    def _degraded(self, places: Places, first: int) -> Batch:
        """`first`: the number of the first of these crops in the whole run."""
        numbered = Numbered(self._config.seed, first)
        made = degraded_crops(self._store, places, self._config.crop, self._degradation, numbered)
        lr, hr = (self._finished(torch.from_numpy(side).permute(0, 3, 1, 2)) for side in made)
        return lr, hr

    def _cut(self, flat: Tensor, places: Places, zoom: int) -> Tensor:
        side = self._config.crop * zoom
        return gather(flat, _sent(torch.from_numpy(walks(places, self._store, side, zoom)), flat.device), side)

    def _finished(self, crops: Tensor) -> Tensor:
        return _sent(crops, self._device).to(torch.float32).div_(255)


def _sent(tensor: Tensor, device: torch.device) -> Tensor:
    """On the device; a GPU fetches it while the program goes on."""
    if tensor.device.type == device.type:
        return tensor
    if device.type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)
