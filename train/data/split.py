"""Which pictures are kept out of training."""

from collections.abc import Sequence

import numpy as np

_MOST, _SHARE = 8, 10


def split_validation(indices: Sequence[int]) -> tuple[list[int], list[int]]:
    """Those to train on, and a tenth, at most 8, spread evenly; a lone picture is trained on."""
    count = min(_MOST, max(1, len(indices) // _SHARE)) if len(indices) > 1 else 0
    held = set(np.linspace(0, len(indices) - 1, count, dtype=int).tolist())
    training = [index for place, index in enumerate(indices) if place not in held]
    return training, [indices[place] for place in sorted(held)]
