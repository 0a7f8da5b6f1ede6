"""The learning rate as a function of the step."""

import math

from upscale.train.config import TrainConfig


def learning_rate(step: int, total: int, config: TrainConfig) -> float:
    """A straight rise over `warmup` steps, then half a cosine down to `lr_end` (Loshchilov and Hutter 2017, eq. 5).

    Where the total is not yet known (0), the peak holds.
    """
    if step < config.warmup:
        return config.lr * (step + 1) / config.warmup
    done = (step - config.warmup) / max(1, total - config.warmup) if total else 0.0
    return config.lr_end + (config.lr - config.lr_end) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
