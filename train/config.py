"""Everything a training run is told. Defaults stand here; a recipe replaces them, a flag replaces both."""

import tomllib
from dataclasses import dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from upscale.errors import UsageError

LossName = Literal["l1", "mse", "vgg22", "vgg54", "gan"]
LOSS_NAMES: tuple[LossName, ...] = ("l1", "mse", "vgg22", "vgg54", "gan")


@dataclass(frozen=True)
class TrainConfig:
    """One training run.

    `crop` is the side of a training crop in low-resolution pixels; `warmup` the steps in which the learning
    rate rises from 0; it then falls along half a cosine to `lr_end`. `losses` maps names to weights. `minutes`
    replaces `steps` by as many as fit into that time. `init` is a shipped name, a path, or "none".
    """

    data: Path
    out: Path
    val: Path | None = None
    model: str = "srgan"
    architecture: str = "srresnet"
    network: dict[str, Any] = field(default_factory=dict)
    scale: int = 4
    init: str = "none"
    losses: dict[str, float] = field(default_factory=lambda: {"l1": 1.0})
    vgg_weights: Path | None = None
    discriminator: Literal["dense", "pooled"] = "pooled"
    steps: int = 100_000
    minutes: float | None = None
    batch: int = 16
    crop: int = 24
    lr: float = 5e-4
    lr_end: float = 1e-7
    lr_discriminator: float = 1e-4
    warmup: int = 100
    ema: float = 0.999
    seed: int = 0
    validate_every: int = 500
    save_every: int = 500
    device: str = "auto"
    dtype: str = "auto"


def read_recipe(name: str) -> dict[str, Any]:
    """The settings of a shipped recipe or of a TOML file; UsageError names what is wrong with it."""
    try:
        settings = tomllib.loads(_recipe_text(name))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"recipe {name}: {error}") from error
    unknown = settings.keys() - {item.name for item in fields(TrainConfig)}
    if unknown:
        raise UsageError(f"recipe {name}: unknown settings {', '.join(sorted(unknown))}")
    return settings


def _recipe_text(name: str) -> str:
    if name.endswith(".toml"):
        try:
            return Path(name).read_text(encoding="utf-8")
        except OSError as error:
            raise UsageError(f"cannot read recipe {name}: {error.strerror}") from error
    folder = resources.files("upscale.train.recipes")
    shipped = {file.name.removesuffix(".toml"): file for file in folder.iterdir() if file.name.endswith(".toml")}
    if name not in shipped:
        raise UsageError(
            f"unknown recipe {name}: choose {', '.join(sorted(shipped))}, or give the path of a .toml file"
        )
    return shipped[name].read_text(encoding="utf-8")


def configure(settings: dict[str, Any], overrides: dict[str, Any]) -> TrainConfig:
    """Defaults, then the settings of a recipe or of a saved run, then every override that is not None."""
    given = {key: value for key, value in overrides.items() if value is not None}
    if "steps" in given:
        settings = {key: value for key, value in settings.items() if key != "minutes"}
    config = TrainConfig(**(settings | given))
    _check(config)
    return config


def parse_losses(text: str) -> dict[str, float]:
    """`l1=1e-2,vgg54=1,gan=1e-3` as a mapping; UsageError for an unknown name or a weight that is no number."""
    losses = {}
    for part in text.split(","):
        name, _, weight = part.strip().partition("=")
        try:
            losses[name] = float(weight)
        except ValueError:
            raise UsageError(f"--loss {text}: {part!r} is not NAME=WEIGHT") from None
    return losses


def _check(config: TrainConfig) -> None:
    unknown = config.losses.keys() - set(LOSS_NAMES)
    if unknown:
        raise UsageError(f"unknown loss {', '.join(sorted(unknown))}: choose among {', '.join(LOSS_NAMES)}")
    if not config.losses:
        raise UsageError("no loss: give at least one, such as --loss l1=1")
    for name in ("steps", "batch", "crop", "validate_every", "save_every"):
        if getattr(config, name) < 1:
            raise UsageError(f"{name} must be at least 1")
