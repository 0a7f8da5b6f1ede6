"""Everything a training run is told. Defaults stand here; a recipe replaces them, a flag replaces both."""

import tomllib
from dataclasses import dataclass, field, fields
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

from upscale.train.degrade.grammar import parse_degradation
from upscale.train.discriminators.names import Norm as Norm
from upscale.train.discriminators.names import check_discriminator
from upscale.train.gan.names import GanName as GanName
from upscale.train.gan.names import check_adversary, default_penalty
from upscale.train.gan.papers import with_papers_settings
from upscale.train.losses.names import check_losses
from upscale.train.values import PATHS as PATHS
from upscale.train.values import checked
from upscale.train.wording import Wording, naming_file, wording

from upscale.errors import UsageError, did_you_mean, reason


@dataclass(frozen=True)
class GanConfig:
    """The adversarial side of a run; its share of the loss stands in `TrainConfig.losses["gan"]`.

    `discriminator` names one or several, averaged: `pooled`, `dense`, `patch`, `unet`, each with `@2` or `@4` for
    pictures shrunk by as much, joined by `+`; for `norm` see `norm_of`. `real_label` below 1 smooths one side.
    `instance_noise` is the noise on both of its inputs at the first step, in units of 0..1, falling to 0 over the run.
    It is trained by Adam, `d_steps` steps for one of the network, looks `unroll` steps ahead, and is skipped while it
    tells more than the share `skip_above` right. `kernels` counts those of minibatch discrimination, 0 for none.
    `clip` bounds the weights of `wgan`, `penalty` weighs that of `wgan-gp` (lambda) or the regulariser of `wgan-qc`
    (gamma): by default as in their papers, from which `configure` also takes their learning rate, betas and steps
    (`gan/papers.py`).
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

    @property
    def penalty_weight(self) -> float:
        """What `penalty` stands for: by default its paper's, 0 for objectives that have none."""
        return default_penalty(self.objective) if self.penalty is None else self.penalty


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
    def is_gan(self) -> bool:
        """Whether there is a discriminator: whether the loss `gan` has a weight."""
        return bool(self.losses.get("gan"))

    @property
    def smallest_part(self) -> int:
        """How many samples BatchNorm in a discriminator has to see at once."""
        words = self.gan.discriminator.split("+") if self.is_gan else []
        return 2 if any(self.gan.norm_of(word.partition("@")[0].strip()) == "batch" for word in words) else 1


# What an empty recipe is called where nobody says.
_RECIPE = "the recipe"


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
    shipped = recipes()
    if name in shipped:
        return shipped[name].read_text(encoding="utf-8")
    if not name.endswith(".toml"):
        meant = did_you_mean(name, shipped)
        raise UsageError(f"unknown recipe {name}{meant}: choose {', '.join(shipped)}, or give the path of a .toml file")
    try:
        return Path(name).read_text(encoding="utf-8")
    except FileNotFoundError:
        meant = did_you_mean(Path(name).stem, shipped)
        raise UsageError(f"recipe {name} does not exist{meant}; shipped are {', '.join(shipped)}") from None
    except OSError as error:
        raise UsageError(f"cannot read recipe {name}: {reason(error)}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"recipe {name} is no text file") from error


def recipes() -> dict[str, Traversable]:
    """The shipped recipes by their names, in alphabetical order."""
    files = [file for file in resources.files("upscale.train.recipes").iterdir() if file.name.endswith(".toml")]
    return {file.name.removesuffix(".toml"): file for file in sorted(files, key=lambda file: file.name)}


def configure(settings: dict[str, Any], overrides: dict[str, Any], file: str = _RECIPE) -> TrainConfig:
    """Defaults, then the settings of a recipe or of a saved run, then every override that is not None.

    Those of the table `gan` are merged one by one, over what its objective's paper has (`gan/papers.py`). UsageError
    for a value of the wrong kind, out of range, or that does not go with another; it names the flag that gave the
    value, or its key in `file`.
    """
    say = wording(settings, overrides, file)
    given = {key: value for key, value in overrides.items() if value is not None}
    if "steps" in given:
        settings = {key: value for key, value in settings.items() if key != "minutes"}
    flags = {key: value for key, value in given.pop("gan", {}).items() if value is not None}
    # Before they are merged: it matters which objective of the recipe a flag replaces.
    own = _checked_adversary(settings.get("gan", {}), wording(settings, {}, file))
    gan = GanConfig(**with_papers_settings(own, _checked_adversary(flags, say), GanConfig.objective))
    plain = {key: checked(key, value, say) for key, value in (settings | given).items() if key != "gan"}
    config = TrainConfig(**plain, gan=gan)
    _check_together(config, say)
    return config


def _checked_adversary(settings: dict[str, Any], say: Wording) -> dict[str, Any]:
    return {key: checked(f"gan.{key}", value, say) for key, value in settings.items()}


def _check_together(config: TrainConfig, say: Wording) -> None:
    """What no setting can tell alone."""
    with naming_file(say, "losses"):
        check_losses(config.losses, side_px=config.crop * config.scale)
    if config.losses.get("fm") and not config.is_gan:
        raise UsageError("fm compares what a discriminator sees: give the loss gan a weight too")
    _check_low_resolutions(config, say)
    if config.is_gan:
        _check_gan(config, say)
    if config.batch % config.accumulate:
        raise UsageError(
            f"{say('batch', config.batch)} cannot be taken in {config.accumulate} equal parts: "
            f"choose a multiple of {config.accumulate}, or another --accumulate"
        )


def _check_low_resolutions(config: TrainConfig, say: Wording) -> None:
    degradation = parse_degradation(config.degrade, say("degrade", config.degrade))
    if config.lr is not None and degradation != parse_degradation(TrainConfig.degrade):
        raise UsageError(
            f"{say('lr', config.lr)} holds the low resolutions: {say('degrade', config.degrade)} would make others; "
            f"leave one out, or add --degrade {TrainConfig.degrade}"
        )


def _check_gan(config: TrainConfig, say: Wording) -> None:
    gan = config.gan
    check_adversary(
        gan.objective, norm=gan.norm, real_label=gan.real_label, skip_above=gan.skip_above, kernels=gan.kernels,
        unroll=gan.unroll, say=say,
    )  # fmt: skip
    with naming_file(say, "gan.discriminator"):
        side_px = config.crop * config.scale
        check_discriminator(gan.discriminator, norm_of=gan.norm_of, kernels=gan.kernels, side_px=side_px)
    if config.batch // config.accumulate < config.smallest_part:
        part = f" in {say('accumulate', config.accumulate)}" if config.accumulate > 1 else ""
        raise UsageError(
            f"{say('batch', config.batch)}{part} is too small for the discriminator's BatchNorm, which needs 2 crops "
            "at once: raise --batch, or add --d-norm spectral"
        )
