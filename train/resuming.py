"""What a run that goes on may do otherwise than it began, and what it may not."""

import logging
from dataclasses import fields
from typing import Any

from upscale.train.config import TrainConfig
from upscale.train.discriminators.names import parse_discriminator
from upscale.train.wording import FLAGS

from upscale.errors import UsageError

# Of these nothing follows for the weights. The length has rules of its own (`begin.py`).
_LOOKS = ("out", "cache", "validate_every", "save_every", "best", "fold_bn", "licence")
_LENGTH = ("steps", "minutes")
# What the state holds already, and what it was made from.
_FIXED = ("model", "architecture", "network", "scale", "init", "from_scratch")
_FIXED_GAN = ("gan.discriminator", "gan.norm", "gan.kernels")

logger = logging.getLogger(__name__)


def check_changes(before: TrainConfig, now: TrainConfig) -> None:
    """Say in a warning what a resumed run does otherwise than it began; UsageError for what cannot be otherwise."""
    if before.is_gan != now.is_gan:
        without = "without a discriminator" if now.is_gan else "with a discriminator, which is part of its state"
        raise UsageError(
            f"this run began {without}: leave the loss gan as it was, or begin another run with another --out, and "
            f"--init {before.out.stem}.best.safetensors for the weights of this one"
        )
    changes = _changes(before, now)
    for key, change in changes.items():
        if key in _fixed(now):
            raise UsageError(
                f"{_called(key)} cannot change in a run that goes on ({change}): leave it out, or begin another run "
                "with another --out"
            )
    told = [f"{key} {change}" for key, change in changes.items() if key not in (*_LOOKS, *_LENGTH)]
    if told:
        logger.warning("changed since this run began: %s", "; ".join(told))


def check_recipe(name: str, recipe: TrainConfig, now: TrainConfig) -> None:
    """UsageError where a recipe that is named beside --resume would train otherwise than the run that goes on.

    Both are told with the same flags: what a flag says is no matter. Whether a flag of the first command or somebody's
    editor made the difference, nobody can tell.
    """
    for key, change in _changes(now, recipe).items():
        if key not in _LOOKS:
            flag = f", or give {FLAGS[key]}" if key in FLAGS else ""
            raise UsageError(
                f"recipe {name} would change {key} of this run ({change}), which goes on as it began: "
                f"leave --recipe out{flag}"
            )


def _fixed(config: TrainConfig) -> tuple[str, ...]:
    if not config.is_gan:
        return _FIXED
    dense = any(wanted.name == "dense" for wanted in parse_discriminator(config.gan.discriminator))
    # A dense layer, and the reference pictures of virtual batch norm, are as large as a crop.
    return (*_FIXED, *_FIXED_GAN, "crop") if dense or config.gan.norm == "virtual" else (*_FIXED, *_FIXED_GAN)


def _changes(before: TrainConfig, now: TrainConfig) -> dict[str, str]:
    """`old -> new` for each setting that counts and is another; those of the discriminator as `gan.` and their name."""
    old, new = _flat(before), _flat(now)
    return {key: f"{old[key]} -> {new[key]}" for key in old if key in new and old[key] != new[key]}


def _flat(config: TrainConfig) -> dict[str, Any]:
    told = {item.name: getattr(config, item.name) for item in fields(config) if item.name != "gan"}
    if not config.is_gan:
        return told
    gan = {f"gan.{item.name}": getattr(config.gan, item.name) for item in fields(config.gan)}
    # What `auto` stands for depends on the objective.
    norms = [config.gan.norm_of(wanted.name) for wanted in parse_discriminator(config.gan.discriminator)]
    return told | gan | {"gan.norm": "+".join(norms)}


def _called(key: str) -> str:
    return FLAGS.get(key, key)
