"""Random numbers for a batch of pictures, the same however the batch is divided.

A batch may be divided among processes, or because memory is short; part (index, count) of it holds the samples
index * N to (index + 1) * N of all count * N. Every part draws for all and takes its own, so that the parts together
see what one would: that costs little beside a discriminator, and needs no word between processes.
"""

import torch
from torch import Tensor


def uniform_per_sample(pictures: Tensor, generator: torch.Generator, part: tuple[int, int]) -> Tensor:
    """One number of [0, 1) for each sample. Shape: (N, ...) -> (N, 1, ..., 1)."""
    index, count = part
    size = len(pictures)
    numbers = torch.rand(count * size, generator=generator, device=generator.device)
    return numbers[index * size : (index + 1) * size].to(pictures).view(size, *(1,) * (pictures.ndim - 1))


def normal_like(pictures: Tensor, generator: torch.Generator, part: tuple[int, int]) -> Tensor:
    """Standard normal numbers in the pictures' shape, dtype and place."""
    index, count = part
    size = len(pictures)
    numbers = torch.randn(count * size, *pictures.shape[1:], generator=generator, device=generator.device)
    return numbers[index * size : (index + 1) * size].to(pictures)
