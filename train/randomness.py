"""Random numbers as a pure function of the run's seed, the step and what they are for: nothing has to be saved."""

import hashlib

import numpy as np
import torch


def generator_for(seed: int, step: int, purpose: str, device: torch.device | str = "cpu") -> torch.Generator:
    """A fresh generator; the same arguments give the same numbers, others give independent ones."""
    return torch.Generator(device).manual_seed(_mixed(seed, step, purpose))


def numpy_for(seed: int, step: int, purpose: str) -> np.random.Generator:
    """The same for numpy."""
    return np.random.default_rng(_mixed(seed, step, purpose))


def _mixed(seed: int, step: int, purpose: str) -> int:
    """63 bits, since torch takes no more; neighbouring seeds must not give related streams."""
    digest = hashlib.sha256(f"{seed}/{step}/{purpose}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1
