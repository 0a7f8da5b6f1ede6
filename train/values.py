"""What each setting may be, alone: its kind, its range, its words."""

import math
from pathlib import Path
from typing import Any, get_args

from upscale.train.discriminators.names import Norm
from upscale.train.gan.names import GanName
from upscale.train.wording import Say

from upscale.errors import UsageError, did_you_mean

PATHS = ("data", "out", "val", "lr", "cache", "vgg_weights")

# For numbers their kind, and the smallest and the largest value.
_LARGE = 2**40
_NUMBERS: dict[str, tuple[type, float, float]] = {
    "scale": (int, 2, 8),
    "steps": (int, 1, _LARGE),
    "minutes": (float, 1e-6, _LARGE),
    "batch": (int, 1, 2**16),
    "accumulate": (int, 1, 2**16),
    "crop": (int, 1, 2**16),
    "learning_rate": (float, 1e-12, 1.0),
    "learning_rate_end": (float, 0.0, 1.0),
    "warmup": (int, 0, _LARGE),
    "decay": (float, 1e-6, 1.0),
    "gradient_clip": (float, 1e-12, math.inf),
    "ema": (float, 0.0, 1 - 1e-9),
    "seed": (int, 0, 2**63 - 1),
    "validate_every": (int, 1, _LARGE),
    "save_every": (int, 1, _LARGE),
    "real_label": (float, 0.5, 1.0),
    "instance_noise": (float, 0.0, 1.0),
    "d_steps": (int, 1, 1000),
    "skip_above": (float, 0.5, 1.0),
    "unroll": (int, 0, 100),
    "kernels": (int, 0, 1000),
    "clip": (float, 1e-6, 1e6),
    "penalty": (float, 0.0, 1e6),
}
# Lists of numbers: how many (None: any), and between what.
_LISTS: dict[str, tuple[int | None, float, float]] = {"betas": (2, 0.0, 1 - 1e-9), "milestones": (None, 0.0, 1.0)}
_CHOICES: dict[str, tuple[str, ...]] = {
    "objective": get_args(GanName),
    "norm": ("auto", *get_args(Norm)),
    "best": ("psnr", "niqe"),
    "dtype": ("auto", "fp32", "bf16"),
}
_WORDS = ("model", "architecture", "init", "degrade", "discriminator", "licence", "device")
_SWITCHES = ("from_scratch", "fold_bn")
_TABLES = ("network", "losses")


def checked(key: str, value: Any, say: Say) -> Any:  # noqa: ANN401 - what a TOML file or a flag gives
    """The value, as the kind that the setting is of; UsageError, in the words of `say`, for one that it cannot have.

    `key` as `Say` has it: those of the table `gan` begin with `gan.`.
    """
    name = key.removeprefix("gan.")
    if value is None:
        return None
    if name in _NUMBERS:
        kind, low, high = _NUMBERS[name]
        return _number(value, kind, low, high, say(key, value))
    if name in _LISTS and isinstance(value, list | tuple):
        count, low, high = _LISTS[name]
        if count in (None, len(value)):
            return tuple(_number(item, float, low, high, say(key, list(value))) for item in value)
    if name in _CHOICES and isinstance(value, str):
        return _choice(value, _CHOICES[name], say(key, value))
    if name in PATHS and isinstance(value, str | Path):
        return Path(value)
    right = {str: _WORDS, dict: _TABLES, bool: _SWITCHES}.get(type(value), ())
    if name not in right:
        raise UsageError(f"{say(key, value)} is not a setting of the right kind")
    return value


def _number(value: Any, kind: type, low: float, high: float, called: str) -> int | float:  # noqa: ANN401
    right = isinstance(value, int | float) and not isinstance(value, bool)
    if not right or not low <= value <= high or (kind is int and value != int(value)):
        whole = "a whole number" if kind is int else "a number"
        raise UsageError(f"{called}: expected {whole} {_between(low, high)}")
    return int(value) if kind is int else float(value)


def _between(low: float, high: float) -> str:
    """`from 1 to 8`; bounds that only keep nonsense out are no news."""
    if high >= _LARGE or high > 10**15:
        return f"of {low:g} or more" if low >= 1 or low == 0 else "above 0"
    return f"from {low:g} to {high:g}" if low == 0 or low >= 1e-3 else f"above 0, up to {high:g}"


def _choice(value: str, choices: tuple[str, ...], called: str) -> str:
    if value not in choices:
        raise UsageError(f"{called}{did_you_mean(value, choices)}: choose among {', '.join(choices)}")
    return value
