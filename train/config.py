"""Everything a training run is told. Defaults stand here; a recipe replaces them, a flag replaces both."""

import math
import tomllib
from dataclasses import dataclass, field, fields
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal, get_args

from upscale.train.gan.names import check_adversary
from upscale.train.losses.names import check_losses

from upscale.errors import UsageError, did_you_mean

GanName = Literal[
    "vanilla", "saturating", "lsgan", "hinge", "wgan", "wgan-gp", "wgan-qc", "rsgan", "ragan", "ralsgan", "rahinge"
]
Norm = Literal["batch", "instance", "spectral", "virtual", "none"]


@dataclass(frozen=True)
class GanConfig:
    """The adversarial side of a run; its share of the loss stands in `TrainConfig.losses["gan"]`.

    `discriminator` names one or several, averaged: `pooled`, `dense`, `patch`, `unet`, each with `@2` or `@4` for
    pictures shrunk by as much, joined by `+`; for `norm` see `norm_of`. `real_label` below 1 smooths one side.
    `instance_noise` is the noise on both of its inputs at the first step, in units of 0..1, falling to 0 over the run.
    It takes `d_steps` steps for one of the network, looks `unroll` steps ahead, and is skipped while it tells more than
    the share `skip_above` right. `kernels` counts those of minibatch discrimination, 0 for none. `clip` bounds the
    weights of `wgan`, `penalty` weighs that of `wgan-gp` (lambda) or the regulariser of `wgan-qc` (gamma): by default
    as in their papers.
    """

    objective: GanName = "vanilla"
    discriminator: str = "pooled"
    norm: Norm | Literal["auto"] = "auto"
    learning_rate: float = 1e-4
    betas: tuple[float, float] = (0.9, 0.99)
    real_label: float = 1.0
    instance_noise: float = 0.0
    d_steps: int = 1
    skip_above: float = 1.0
    unroll: int = 0
    kernels: int = 0
    clip: float = 0.01
    penalty: float | None = None

    def norm_of(self, discriminator: str) -> Norm:
        """What `auto` stands for: Real-ESRGAN's in a U-Net, for critics none across a batch, else SRGAN's."""
        if self.norm != "auto":
            return self.norm
        if discriminator == "unet":
            return "spectral"
        return "instance" if self.objective in ("wgan-gp", "wgan-qc") else "batch"


@dataclass(frozen=True)
class TrainConfig:
    """One training run.

    `lr` holds low resolutions of the pictures in `data`, made by someone else; without it they are made by
    `degrade`: `bicubic`, `classic` or `real`, with ingredients joined by `+`. `crop` is the side of a training crop in
    low-resolution pixels; `warmup` the steps in which the learning rate rises from 0; it then falls along half a
    cosine to `learning_rate_end`, or is multiplied by `decay` at each of the `milestones`, shares of the run. `betas`
    are Adam's (the second over about 100 steps, as BasicSR's recipes have it for these networks). `losses` maps names
    to weights. `minutes` replaces `steps` by as many as fit into that time. `init` is a shipped name, a path, "none",
    or "auto": nothing, and for a GAN the shipped srresnet unless it shall start `from_scratch`. `gradient_clip` bounds
    the norm of a step's gradient: its default is far above what a healthy step shows (about 1) and catches explosions
    only. `best` is the figure by which the best network so far is kept; `fold_bn` writes networks without their
    BatchNorm, folded into the convolutions; `licence` is told with the weights.
    """

    data: Path
    out: Path
    val: Path | None = None
    lr: Path | None = None
    degrade: str = "bicubic"
    cache: Path | None = None
    model: str = "srgan"
    architecture: str = "srresnet"
    network: dict[str, Any] = field(default_factory=dict)
    scale: int = 4
    init: str = "auto"
    from_scratch: bool = False
    losses: dict[str, float] = field(default_factory=lambda: {"l1": 1.0})
    vgg_weights: Path | None = None
    gan: GanConfig = field(default_factory=GanConfig)
    steps: int = 100_000
    minutes: float | None = None
    batch: int = 16
    accumulate: int = 1
    crop: int = 24
    learning_rate: float = 5e-4
    learning_rate_end: float = 1e-7
    betas: tuple[float, float] = (0.9, 0.99)
    warmup: int = 100
    milestones: tuple[float, ...] = ()
    decay: float = 0.5
    gradient_clip: float = 100.0
    ema: float = 0.999
    seed: int = 0
    validate_every: int = 500
    save_every: int = 500
    best: Literal["psnr", "niqe"] = "psnr"
    fold_bn: bool = False
    licence: str = ""
    device: str = "auto"
    dtype: str = "auto"

    @property
    def smallest_part(self) -> int:
        """How many samples BatchNorm in a discriminator has to see at once."""
        words = self.gan.discriminator.split("+") if "gan" in self.losses else []
        return 2 if any(self.gan.norm_of(word.partition("@")[0].strip()) == "batch" for word in words) else 1


# What a setting may be: its kind, and for numbers the smallest and the largest value.
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
PATHS = ("data", "out", "val", "lr", "cache", "vgg_weights")


def read_recipe(name: str) -> dict[str, Any]:
    """The settings of a shipped recipe or of a TOML file; UsageError names what is wrong with it."""
    try:
        settings = tomllib.loads(_recipe_text(name))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"recipe {name}: {error}") from error
    try:
        _known(settings, TrainConfig, "")
        _known(settings.get("gan", {}), GanConfig, "gan.")
    except UsageError as error:
        raise UsageError(f"recipe {name}: {error}") from error
    return settings


def _known(settings: Any, kind: type, prefix: str) -> None:  # noqa: ANN401 - what a TOML file holds
    if not isinstance(settings, dict):
        raise UsageError(f"{prefix.rstrip('.')} must be a table")
    names = {item.name for item in fields(kind)}
    for key in settings:
        if key not in names:
            raise UsageError(f"unknown setting {prefix}{key}{did_you_mean(key, names)}")


def _recipe_text(name: str) -> str:
    if name.endswith(".toml"):
        try:
            return Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"cannot read recipe {name}: {error}") from error
    shipped = recipes()
    if name not in shipped:
        meant = did_you_mean(name, shipped)
        raise UsageError(f"unknown recipe {name}{meant}: choose {', '.join(shipped)}, or give the path of a .toml file")
    return shipped[name].read_text(encoding="utf-8")


def recipes() -> dict[str, Traversable]:
    """The shipped recipes by their names, in alphabetical order."""
    files = [file for file in resources.files("upscale.train.recipes").iterdir() if file.name.endswith(".toml")]
    return {file.name.removesuffix(".toml"): file for file in sorted(files, key=lambda file: file.name)}


def configure(settings: dict[str, Any], overrides: dict[str, Any]) -> TrainConfig:
    """Defaults, then the settings of a recipe or of a saved run, then every override that is not None.

    Those of the table `gan` are merged one by one. UsageError for a value of the wrong kind or out of range.
    """
    given = {key: value for key, value in overrides.items() if value is not None}
    if "steps" in given:
        settings = {key: value for key, value in settings.items() if key != "minutes"}
    gan = settings.get("gan", {}) | {key: value for key, value in given.pop("gan", {}).items() if value is not None}
    checked = {key: _checked(key, value) for key, value in (settings | given).items() if key != "gan"}
    config = TrainConfig(**checked, gan=GanConfig(**{key: _checked(key, value) for key, value in gan.items()}))
    _check_together(config)
    return config


def _checked(key: str, value: Any) -> Any:  # noqa: ANN401 - what a TOML file or a flag gives
    if value is None:
        return None
    if key in _NUMBERS:
        return _number(key, value, *_NUMBERS[key])
    if key in _LISTS and isinstance(value, list | tuple):
        count, low, high = _LISTS[key]
        if count in (None, len(value)):
            return tuple(_number(key, item, float, low, high) for item in value)
    if key in _CHOICES and isinstance(value, str):
        return _choice(key, value)
    if key in PATHS and isinstance(value, str | Path):
        return Path(value)
    right = {str: _WORDS, dict: _TABLES, bool: _SWITCHES}.get(type(value), ())
    if key not in right:
        raise UsageError(f"{key} = {value!r} is not a setting of the right kind")
    return value


def _number(key: str, value: Any, kind: type, low: float, high: float) -> int | float:  # noqa: ANN401
    right = isinstance(value, int | float) and not isinstance(value, bool)
    if not right or not low <= value <= high or (kind is int and value != int(value)):
        whole = "a whole number" if kind is int else "a number"
        raise UsageError(f"{key} = {value!r}: expected {whole} from {low:g} to {high:g}")
    return int(value) if kind is int else float(value)


def _choice(key: str, value: str) -> str:
    if value not in _CHOICES[key]:
        raise UsageError(
            f"{key} = {value!r}{did_you_mean(value, _CHOICES[key])}: choose among {', '.join(_CHOICES[key])}"
        )
    return value


def _check_together(config: TrainConfig) -> None:
    """What no setting can tell alone."""
    check_losses(config.losses, side_px=config.crop * config.scale)
    if "fm" in config.losses and "gan" not in config.losses:
        raise UsageError("fm compares what a discriminator sees: give the loss gan a weight too")
    gan = config.gan
    if "gan" in config.losses:
        check_adversary(
            gan.objective, norm=gan.norm, real_label=gan.real_label, skip_above=gan.skip_above, kernels=gan.kernels,
            unroll=gan.unroll,
        )  # fmt: skip
    if config.batch // config.accumulate < config.smallest_part:
        raise UsageError("the discriminator's BatchNorm needs --batch 2 or more, or --d-norm spectral")
    if config.batch % config.accumulate:
        raise UsageError(f"--batch {config.batch} cannot be taken in {config.accumulate} equal parts")
