"""Everything a training run is told. Defaults stand here; a recipe replaces them, a flag replaces both."""

import math
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


# What a setting may be: its kind, and for numbers the smallest and the largest value.
_LARGE = 2**40
_NUMBERS: dict[str, tuple[type, float, float]] = {
    "scale": (int, 2, 8),
    "steps": (int, 1, _LARGE),
    "minutes": (float, 1e-6, _LARGE),
    "batch": (int, 1, 2**16),
    "crop": (int, 1, 2**16),
    "lr": (float, 1e-12, 1.0),
    "lr_end": (float, 0.0, 1.0),
    "lr_discriminator": (float, 1e-12, 1.0),
    "warmup": (int, 0, _LARGE),
    "ema": (float, 0.0, 1 - 1e-9),
    "seed": (int, 0, 2**63 - 1),
    "validate_every": (int, 1, _LARGE),
    "save_every": (int, 1, _LARGE),
}
_WORDS = ("model", "architecture", "init", "discriminator", "device", "dtype")
_TABLES = ("network", "losses")
_PATHS = ("data", "out", "val", "vgg_weights")


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
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"cannot read recipe {name}: {error}") from error
    folder = resources.files("upscale.train.recipes")
    shipped = {file.name.removesuffix(".toml"): file for file in folder.iterdir() if file.name.endswith(".toml")}
    if name not in shipped:
        raise UsageError(
            f"unknown recipe {name}: choose {', '.join(sorted(shipped))}, or give the path of a .toml file"
        )
    return shipped[name].read_text(encoding="utf-8")


def configure(settings: dict[str, Any], overrides: dict[str, Any]) -> TrainConfig:
    """Defaults, then the settings of a recipe or of a saved run, then every override that is not None.

    UsageError for a value of the wrong kind or out of range.
    """
    given = {key: value for key, value in overrides.items() if value is not None}
    if "steps" in given:
        settings = {key: value for key, value in settings.items() if key != "minutes"}
    config = TrainConfig(**{key: _checked(key, value) for key, value in (settings | given).items()})
    _check_losses(config)
    return config


def _checked(key: str, value: Any) -> Any:  # noqa: ANN401 - what a TOML file or a flag gives
    if value is None:
        return None
    if key in _NUMBERS:
        return _number(key, value)
    if key in _PATHS and isinstance(value, str | Path):
        return Path(value)
    if (key in _WORDS and isinstance(value, str)) or (key in _TABLES and isinstance(value, dict)):
        return value
    raise UsageError(f"{key} = {value!r} is not a setting of the right kind")


def _number(key: str, value: Any) -> int | float:  # noqa: ANN401
    kind, low, high = _NUMBERS[key]
    right = isinstance(value, int | float) and not isinstance(value, bool)
    if not right or (kind is int and value != int(value)) or not low <= value <= high:
        whole = "a whole number" if kind is int else "a number"
        raise UsageError(f"{key} = {value!r}: expected {whole} from {low:g} to {high:g}")
    return int(value) if kind is int else float(value)


def parse_losses(text: str) -> dict[str, float]:
    """`l1=1e-2,vgg54=1,gan=1e-3` as a mapping; UsageError for a weight that is no number."""
    losses = {}
    for part in text.split(","):
        name, _, weight = part.strip().partition("=")
        try:
            losses[name] = float(weight)
        except ValueError:
            raise UsageError(f"--loss {text}: {part!r} is not NAME=WEIGHT") from None
    return losses


def _check_losses(config: TrainConfig) -> None:
    """Known names, usable weights, and crops that the networks behind them can take."""
    unknown = config.losses.keys() - set(LOSS_NAMES)
    if unknown:
        raise UsageError(f"unknown loss {', '.join(sorted(unknown))}: choose among {', '.join(LOSS_NAMES)}")
    for name, weight in config.losses.items():
        if not isinstance(weight, int | float) or not math.isfinite(weight) or not 0 <= weight < 1e9:
            raise UsageError(f"loss {name} = {weight!r}: expected a weight of 0 or more")
    if not any(weight for name, weight in config.losses.items() if name != "gan"):
        raise UsageError("no content loss: give at least one a weight, such as --loss l1=1")
    if "vgg54" in config.losses and config.crop * config.scale < 16:
        raise UsageError(
            f"vgg54 halves a crop four times: --crop {config.crop} is too small, give {-(-16 // config.scale)}"
        )
    if "gan" in config.losses and config.batch < 2:
        raise UsageError("the discriminator's BatchNorm needs --batch 2 or more")
    if config.discriminator not in ("dense", "pooled"):
        raise UsageError(f"discriminator = {config.discriminator!r}: choose dense or pooled")
