"""Means over many steps, without waiting for any of them."""

import math
from collections import Counter
from collections.abc import Mapping

import torch
from torch import Tensor


class Averages:
    """Sums by name: tensors are added where they lie, in one launch a step, and fetched together by `take`."""

    def __init__(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._plain: dict[str, float] = {}
        self._counts: Counter[str] = Counter()

    @torch.no_grad()
    def add(self, values: Mapping[str, float | Tensor]) -> None:
        """One step's values, tensors of no dimension; names may differ from step to step.

        Plain numbers that are not finite, as of a step that was not taken, are left out.
        """
        tensors = {name: value for name, value in values.items() if isinstance(value, Tensor)}
        self._counts.update(tensors.keys())
        for name in values.keys() - tensors.keys():
            value = float(values[name])
            if math.isfinite(value):
                self._plain[name] = self._plain.get(name, 0.0) + value
                self._counts[name] += 1
        # Copies: a step that is replayed from a graph writes its losses to the same place again.
        for name in tensors.keys() - self._sums.keys():
            self._sums[name] = torch.zeros_like(tensors[name], dtype=torch.float32)
        if tensors:
            torch._foreach_add_([self._sums[name] for name in tensors], list(tensors.values()))

    def take(self) -> dict[str, float]:
        """The mean of each, in the order of their names' first steps; forgets them."""
        names = list(self._sums)
        fetched = torch.stack([self._sums[name] for name in names]).tolist() if names else []
        sums = dict(zip(names, fetched, strict=True))
        means = {
            name: (sums.get(name, 0.0) + self._plain.get(name, 0.0)) / count for name, count in self._counts.items()
        }
        self._sums, self._plain, self._counts = {}, {}, Counter()
        return means
