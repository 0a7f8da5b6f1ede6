"""What a training run is told: its recipe, or the run that it goes on with, and flags; checked before it begins."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from upscale.cli.loading import ending_at_once
from upscale.errors import OutputError, UsageError, did_you_mean

if TYPE_CHECKING:
    from upscale.train.config import TrainConfig

_DEFAULT_RECIPE = "srgan"


@dataclass(frozen=True)
class Asked:
    """The command line: `flags` by the names of `TrainConfig`, None where not given; `is_run`: no mere look ahead."""

    flags: dict[str, Any]
    model: str | None
    recipe: str | None
    resume: bool
    is_run: bool

    @property
    def recipe_name(self) -> str:
        """The recipe that is meant."""
        return self.recipe or self.model or _DEFAULT_RECIPE


def settings_of(asked: Asked) -> "TrainConfig":
    """The recipe's settings, or those of the run that writes the output already, and what the flags make of them.

    UsageError, OutputError for all that can be known to be wrong without pictures, networks or VGG.
    """
    with ending_at_once():
        from upscale.train.config import configure, read_recipe
        from upscale.train.resuming import check_recipe
        from upscale.train.saving import saved_settings, state_folder

    _check_name(asked)
    recipe = read_recipe(asked.recipe_name)
    named = recipe.get("model", _DEFAULT_RECIPE)
    if asked.model is not None and asked.recipe is not None and asked.model != named:
        raise UsageError(f"--recipe {asked.recipe} makes {named}, --model says {asked.model}: leave one of them out")
    flags = _with_start({**asked.flags, "out": _place("out", asked, recipe) or _default_out(asked, recipe, named)})
    _check_out(flags["out"])
    folder = state_folder(flags["out"])
    saved = saved_settings(folder)
    _check_run(asked, flags["out"], is_there=saved is not None)
    going_on = saved if asked.resume else None
    settings = recipe if going_on is None else going_on
    if flags["data"] is None and "data" not in settings:
        raise UsageError("--data is missing: the folder of pictures to train on")
    config = configure(settings, flags, f"recipe {asked.recipe_name}" if going_on is None else f"the run in {folder}")
    _refuse_idle(flags, config)
    _check_paths(config)
    if going_on is not None and asked.recipe is not None:
        check_recipe(asked.recipe, configure({"data": config.data, "out": config.out} | recipe, flags), config)
    elif going_on is not None and asked.model not in (None, config.model):
        raise UsageError(f"{folder} holds a run of {config.model}, not of {asked.model}: leave --model out")
    return config


def _check_name(asked: Asked) -> None:
    """A --model that is none is not told to be an unknown recipe."""
    from upscale.train.config import recipes

    name = asked.model
    if name is None or asked.recipe is not None or name in recipes():
        return
    hint = "; weights to start from are given by --init" if name.endswith(".safetensors") else ""
    raise UsageError(f"unknown model {name}{did_you_mean(name, recipes())}: choose {', '.join(recipes())}{hint}")


def _with_start(flags: dict[str, Any]) -> dict[str, Any]:
    """--from-scratch takes the place of what a recipe starts from."""
    if not flags["from_scratch"]:
        return flags
    if flags["init"] not in (None, "none"):
        raise UsageError(f"--from-scratch and --init {flags['init']} exclude each other")
    return {**flags, "init": "none"}


def _place(key: str, asked: Asked, recipe: Mapping[str, Any]) -> Path | None:
    """A path, by its flag or else by the recipe."""
    from upscale.train.values import checked
    from upscale.train.wording import wording

    given: Path | None = asked.flags[key]
    if given is None:
        given = checked(key, recipe.get(key), wording(recipe, {}, f"recipe {asked.recipe_name}"))
    return given


def _default_out(asked: Asked, recipe: Mapping[str, Any], model: str) -> Path:
    data = _place("data", asked, recipe)
    if data is None:
        raise UsageError("--data is missing: the folder of pictures to train on (or --out, with --resume)")
    scale = asked.flags["scale"] or recipe.get("scale", 4)
    return Path(f"{data.resolve().name}_{model}_x{scale}.safetensors")


def _check_run(asked: Asked, out: Path, *, is_there: bool) -> None:
    from upscale.train.claim import check_unclaimed
    from upscale.train.saving import state_folder

    folder = state_folder(out)
    if asked.resume and not is_there:
        check_unclaimed(out)
        raise UsageError(f"nothing to resume: {folder} does not exist; train without --resume")
    if asked.is_run and not asked.resume and is_there:
        raise UsageError(f"{folder} holds a run already: add --resume to go on with it, or remove it to begin anew")


def _refuse_idle(flags: Mapping[str, Any], config: "TrainConfig") -> None:
    """UsageError for a flag without effect; settings of a recipe that another flag has made idle are no mistake."""
    from upscale.train.losses.names import sees_features
    from upscale.train.wording import FLAGS

    if not config.is_gan:
        for key, value in flags["gan"].items():
            if value is not None:
                raise UsageError(
                    f"{FLAGS[f'gan.{key}']} has no effect without a discriminator: give the loss gan a weight, such as "
                    "--loss l1=1,gan=5e-3"
                )
    if flags["vgg_weights"] is not None and not sees_features(config.losses):
        raise UsageError(
            "--vgg-weights has no effect: none of the losses looks at VGG's features; give one that does a weight, "
            "such as --loss l1=1,vgg54=1, or leave it out"
        )


def _check_out(out: Path) -> None:
    if out.suffix != ".safetensors":
        raise UsageError(f"--out {out}: the name must end in .safetensors")


def _check_paths(config: "TrainConfig") -> None:
    for flag, folder in (("--data", config.data), ("--val", config.val), ("--lr", config.lr)):
        if folder is None or folder.is_dir():
            continue
        if flag == "--lr" and _is_number(str(folder)):
            raise UsageError(
                f"--lr {folder}: that is the folder of low resolutions; the rate is --learning-rate {folder}"
            )
        raise UsageError(f"{folder} is not a folder" if folder.exists() else f"{folder} does not exist")
    check_target(config.out)
    if config.cache is not None:
        check_target(config.cache / "pictures")
    if config.vgg_weights is not None and not config.vgg_weights.is_file():
        raise UsageError(f"cannot read VGG weights {config.vgg_weights}: {_missing(config.vgg_weights)}")


def check_target(path: Path) -> None:
    """OutputError where a file of that name can surely not be written; its folders may have yet to be made."""
    if path.is_dir():
        raise OutputError(f"cannot write {path}: it is a folder")
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if not folder.is_dir():
        raise OutputError(f"cannot write {path}: {folder} is no folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"cannot write {path}: no permission to write into {folder}")


def _missing(path: Path) -> str:
    return "it is a folder" if path.is_dir() else "it does not exist"


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
