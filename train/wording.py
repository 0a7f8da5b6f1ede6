"""What messages call a setting: the flag that gave its value, or its key and the recipe that did."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from upscale.errors import UsageError

Say = Callable[[str, object], str]
"""A setting and its value as a message has them; those of the table `gan` are called `gan.real_label` and so on."""

FLAGS: Mapping[str, str] = {
    "data": "--data", "val": "--val", "lr": "--lr", "degrade": "--degrade", "crop": "--crop", "cache": "--cache",
    "scale": "--scale", "init": "--init", "from_scratch": "--from-scratch", "steps": "--steps",
    "minutes": "--minutes", "batch": "--batch", "accumulate": "--accumulate", "learning_rate": "--learning-rate",
    "gradient_clip": "--clip-grad", "ema": "--ema", "seed": "--seed", "device": "--device", "dtype": "--dtype",
    "losses": "--loss", "vgg_weights": "--vgg-weights", "out": "--out", "best": "--best",
    "validate_every": "--val-every", "save_every": "--save-every", "fold_bn": "--fold-bn", "licence": "--licence",
    "gan.objective": "--gan", "gan.discriminator": "--discriminator", "gan.norm": "--d-norm",
    "gan.learning_rate": "--d-learning-rate", "gan.d_steps": "--d-steps", "gan.skip_above": "--skip-d",
    "gan.real_label": "--label-smoothing", "gan.instance_noise": "--instance-noise", "gan.unroll": "--unroll",
    "gan.kernels": "--kernels",
}  # fmt: skip
"""The flag of each setting that has one; the others stand in recipes alone."""


def as_setting(key: str, value: object) -> str:
    """For whoever calls from Python: `real_label = 0.9`."""
    return f"{key.removeprefix('gan.')} = {_plain(value)}"


@dataclass(frozen=True)
class Wording:
    """Where the settings of a run come from: `flags` from the command line, `file`, of that name, holds `keys`."""

    flags: frozenset[str]
    keys: frozenset[str]
    file: str

    def __call__(self, key: str, value: object) -> str:
        """`--label-smoothing 0.9`; `gan.real_label = 0.9 in recipe mine.toml`; `--batch 16 (the default)`."""
        if key in self.flags and key in FLAGS:
            return f"{FLAGS[key]} {_word(value)}"
        if key in self.keys or key not in FLAGS:
            return f"{key} = {_plain(value)} in {self.file}"
        return f"{FLAGS[key]} {_word(value)} (the default)"

    def is_from_file(self, key: str) -> bool:
        """Whether a recipe, or a saved run, gave the value."""
        return key in self.keys and key not in self.flags


def wording(settings: Mapping[str, Any], overrides: Mapping[str, Any], file: str) -> Wording:
    """For the settings of a recipe or a saved run, called `file`, and flags, None where they were not given."""
    return Wording(_given(overrides), _given(settings), file)


@contextmanager
def naming_file(say: Wording, key: str) -> Iterator[None]:
    """Put the name of the file before what is wrong with a setting, where the file gave it."""
    try:
        yield
    except UsageError as error:
        if not say.is_from_file(key):
            raise
        raise UsageError(f"{say.file}: {error}") from error


def _given(settings: Mapping[str, Any]) -> frozenset[str]:
    plain = {key for key, value in settings.items() if value is not None and key != "gan"}
    gan = settings.get("gan")
    inner = gan if isinstance(gan, dict) else {}
    return frozenset(plain | {f"gan.{key}" for key, value in inner.items() if value is not None})


def _word(value: object) -> str:
    """As it would be typed."""
    if isinstance(value, dict):
        return ",".join(f"{name}={_word(weight)}" for name, weight in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)


def _plain(value: object) -> str:
    """As a recipe would have it, more or less."""
    if isinstance(value, float):
        return f"{value:g}"
    return repr(str(value) if isinstance(value, Path) else value)
