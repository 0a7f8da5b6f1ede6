"""The learning rate as a function of the step."""

import math

from upscale.train.config import TrainConfig


def learning_rate(step: int, total: int, config: TrainConfig) -> float:
    """A straight rise over `warmup` steps, a tenth of the run at most, then half a cosine down to its end.

    (Loshchilov and Hutter 2017, eq. 5.)
    With `milestones`, shares of the run, it is multiplied by `decay` at each instead (Ledig et al. 2017, section 3.2).
    Where the total is not yet known (0), the peak holds.
    """
    # A short run must not end before its rate is reached.
    warmup = min(config.warmup, total // 10) if total else config.warmup
    if step < warmup:
        return config.learning_rate * (step + 1) / warmup
    if config.milestones:
        passed = sum(total > 0 and step >= share * total for share in config.milestones)
        return config.learning_rate * config.decay**passed
    done = (step - warmup) / max(1, total - warmup) if total else 0.0
    falling = 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
    return config.learning_rate_end + (config.learning_rate - config.learning_rate_end) * falling
