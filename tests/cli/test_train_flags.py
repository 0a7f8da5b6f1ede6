"""The flags of `upscale train`: each is a setting, reaches the run, and is told with its true default."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer.main
from commands import Run
from PIL import Image
from training import write_photos
from upscale.train.config import GanConfig, TrainConfig, configure, read_recipe, recipes
from upscale.train.losses.vgg_weights import SIZE_BYTES
from upscale.train.wording import FLAGS

from upscale.cli.app import app

Here = Callable[..., Run]

# Every setting that `test_every_flag_reaches_the_run` gives is another here, or by default.
RECIPE = (
    'model = "tiny"\narchitecture = "srresnet"\nnetwork = { blocks = 1, channels = 8, norm = "none" }\nwarmup = 1\n'
    'degrade = "classic"\ninit = "espcn"\n'
)


def options_of_train() -> dict[str, Any]:
    """The options by their long names."""
    command = typer.main.get_command(app).commands["train"]  # type: ignore[attr-defined]
    return {name: option for option in command.params for name in option.opts if name.startswith("--")}


def test_every_setting_with_a_flag_is_one() -> None:
    known = {
        item for item in (*TrainConfig.__dataclass_fields__, *(f"gan.{key}" for key in GanConfig.__dataclass_fields__))
    }
    assert FLAGS.keys() <= known
    no_settings = {"--show-data", "--model", "--recipe", "--stop-at", "--resume", "--extend", "--dry-run", "--json",
                   "--quiet", "--help"}  # fmt: skip
    assert {*FLAGS.values()} == options_of_train().keys() - no_settings


# Of one run with a discriminator and one without, each value another than it has by RECIPE or by default.
IN_A_GAN = {
    "--data": "hr", "--val": "val", "--crop": 16, "--cache": "cache", "--scale": 2, "--from-scratch": True,
    "--steps": 9, "--batch": 4, "--accumulate": 2, "--learning-rate": 3e-4, "--clip-grad": 5.0, "--ema": 0.5,
    "--seed": 7, "--device": "cpu", "--dtype": "fp32", "--loss": {"mse": 1.0, "gan": 1e-3}, "--gan": "lsgan",
    "--discriminator": "dense", "--d-norm": "none", "--d-learning-rate": 2e-3, "--d-steps": 2, "--skip-d": 0.75,
    "--label-smoothing": 0.9, "--instance-noise": 0.1, "--unroll": 1, "--kernels": 3, "--best": "niqe",
    "--val-every": 4, "--save-every": 3, "--fold-bn": True, "--licence": "mine", "--out": "one.safetensors",
}  # fmt: skip
WITHOUT = {
    "--data": "hr", "--out": "two.safetensors", "--scale": 2, "--batch": 2, "--crop": 16, "--lr": "lr",
    "--degrade": "bicubic", "--init": "none", "--minutes": 30.0,
}  # fmt: skip


@pytest.mark.parametrize("given", [IN_A_GAN, WITHOUT], ids=["gan", "content"])
def test_every_flag_reaches_the_run(
    tmp_path: Path, run_here: Here, monkeypatch: pytest.MonkeyPatch, given: dict[str, object]
) -> None:
    """But for --vgg-weights, whose mistakes `test_train.py` has."""
    assert FLAGS.keys() == {key for key, flag in FLAGS.items() if flag in {*IN_A_GAN, *WITHOUT, "--vgg-weights"}}
    monkeypatch.chdir(tmp_path)
    photos, _ = write_photos(Path("hr")), write_photos(Path("val"))
    Path("lr").mkdir()
    for path in photos.iterdir():
        Image.open(path).resize((36, 32)).save(Path("lr") / path.name)
    Path("tiny.toml").write_text(RECIPE)
    words = [word for flag, value in given.items() for word in ([flag] if value is True else [flag, shown(value)])]
    done = run_here("train", "--recipe", "tiny.toml", *words, "--stop-at", "1")
    assert done.code == 0, done.err
    settings = json.loads(Path(f"{given['--out']}.state", "run.json").read_text())["settings"]
    settings |= {f"gan.{key}": value for key, value in settings["gan"].items()}
    assert {FLAGS[key]: settings[key] for key in FLAGS if FLAGS[key] in given} == given


# Whose defaults are told in words of their own, or not at all: switches, paths, and texts.
_IN_WORDS = {"data", "val", "lr", "cache", "vgg_weights", "out", "from_scratch", "fold_bn", "licence", "steps"}


@pytest.mark.parametrize("key", sorted(FLAGS.keys() - _IN_WORDS))
def test_defaults_in_the_help_are_true(key: str) -> None:
    """Those of the default recipe, called the recipe's where any shipped recipe has another than `TrainConfig`."""
    text = " ".join(options_of_train()[FLAGS[key]].help.split())
    default = configure({"data": Path("hr"), "out": Path("o.safetensors")} | read_recipe("srgan"), {})
    value = shown(getattr(default.gan, key[4:]) if key.startswith("gan.") else getattr(default, key))
    in_recipes = any(key[4:] in read_recipe(name).get("gan", {}) if key.startswith("gan.") else key in read_recipe(name)
                     for name in recipes())  # fmt: skip
    wanted = f"Default: the recipe's (srgan: {value})" if in_recipes else f"Default: {value}"
    assert re.search(re.escape(wanted) + r"(?![\w.]\w)", text), text


def shown(value: object) -> str:
    if isinstance(value, dict):
        return ",".join(f"{name}={weight:g}" for name, weight in value.items())
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def test_the_size_of_the_download_is_true() -> None:
    assert f"{SIZE_BYTES // 10**6} MB" in options_of_train()["--vgg-weights"].help
