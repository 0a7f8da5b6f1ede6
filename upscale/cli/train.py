"""`upscale train`: fit a network to a folder of pictures."""

import json
import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from upscale.cli import options
from upscale.cli import train_options as opt
from upscale.cli.loading import ending_at_once
from upscale.cli.logs import messages
from upscale.cli.train_report import Reporter, announce
from upscale.errors import UsageError

if TYPE_CHECKING:
    from upscale.train.config import TrainConfig
    from upscale.train.run import Control

logger = logging.getLogger(__name__)


def train(
    data: opt.Data = None,
    val: opt.Val = None,
    lr: opt.Lr = None,
    degrade: opt.Degrade = None,
    crop: opt.Crop = None,
    cache: opt.Cache = None,
    show_data: opt.ShowData = None,
    model: opt.Model = None,
    scale: opt.Scale = None,
    init: opt.Init = None,
    from_scratch: opt.FromScratch = False,
    recipe: opt.Recipe = None,
    steps: opt.Steps = None,
    minutes: opt.Minutes = None,
    stop_at: opt.StopAt = None,
    resume: opt.Resume = False,
    extend: opt.Extend = False,
    batch: opt.Batch = None,
    accumulate: opt.Accumulate = None,
    learning_rate: opt.LearningRate = None,
    gradient_clip: opt.GradientClip = None,
    ema: opt.Ema = None,
    seed: opt.Seed = None,
    device: opt.Device = None,
    dtype: opt.Dtype = None,
    dry_run: opt.DryRun = False,
    loss: opt.Loss = None,
    vgg_weights: opt.VggWeights = None,
    gan: opt.Gan = None,
    discriminator: opt.Discriminator = None,
    d_norm: opt.DNorm = None,
    d_learning_rate: opt.DLearningRate = None,
    d_steps: opt.DSteps = None,
    skip_d: opt.SkipD = None,
    label_smoothing: opt.LabelSmoothing = None,
    instance_noise: opt.InstanceNoise = None,
    unroll: opt.Unroll = None,
    kernels: opt.Kernels = None,
    out: opt.Out = None,
    best: opt.Best = None,
    validate_every: opt.ValidateEvery = None,
    save_every: opt.SaveEvery = None,
    fold_bn: opt.FoldBn = False,
    licence: opt.Licence = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Train a network on your pictures, into weights that images and video take by --model PATH."""
    with ending_at_once():
        from upscale.train.losses.names import parse_losses
        from upscale.train.parallel import is_first_process
        from upscale.train.run import Control

    if extend and not resume:
        raise UsageError("--extend goes with --resume: it gives a run that has begun another length")
    if steps is not None and minutes is not None:
        raise UsageError("--steps and --minutes exclude each other")
    adversary = {
        "objective": gan, "discriminator": discriminator, "norm": d_norm, "learning_rate": d_learning_rate,
        "d_steps": d_steps, "skip_above": skip_d, "real_label": label_smoothing, "instance_noise": instance_noise,
        "unroll": unroll, "kernels": kernels,
    }  # fmt: skip
    overrides: dict[str, Any] = {
        "data": data, "val": val, "lr": lr, "degrade": degrade, "crop": crop, "cache": cache, "scale": scale,
        "init": init, "from_scratch": from_scratch or None, "steps": steps, "minutes": minutes, "batch": batch,
        "accumulate": accumulate, "learning_rate": learning_rate, "gradient_clip": gradient_clip, "ema": ema,
        "seed": seed, "device": device, "dtype": dtype, "losses": None if loss is None else parse_losses(loss),
        "vgg_weights": vgg_weights, "gan": adversary, "out": out, "best": best, "validate_every": validate_every,
        "save_every": save_every, "fold_bn": fold_bn or None, "licence": licence,
    }  # fmt: skip
    config = _configured(overrides, model, recipe, resume=resume, is_run=not (dry_run or show_data))
    with messages(quiet=quiet):
        if show_data is not None:
            _show_data(config, show_data)
        elif dry_run:
            _estimate(config, resume=resume, as_json=as_json)
        else:
            is_silent = quiet or not is_first_process()
            report = Reporter(announce(config, resume=resume), as_json=as_json, quiet=is_silent)
            _run(config, control=Control(resume, extend, stop_at), report=report)


def _configured(
    overrides: dict[str, Any], model: str | None, recipe: str | None, *, resume: bool, is_run: bool
) -> "TrainConfig":
    """The recipe's settings, or those of the run that writes the output already, and what the flags make of them."""
    with ending_at_once():
        from upscale.train.config import configure, read_recipe
        from upscale.train.saving import saved_settings, state_folder

    settings = read_recipe(recipe or model or "srgan")
    named = settings.get("model", "srgan")
    if model is not None and model != named and recipe is not None:
        raise UsageError(f"--recipe {recipe} makes a {named}, --model says {model}: leave one of them out")
    out = overrides["out"] = overrides["out"] or _default_out(overrides, settings, named)
    folder = state_folder(out)
    saved = saved_settings(folder)
    if resume and saved is None:
        raise UsageError(f"nothing to resume: {folder} does not exist; train without --resume")
    if is_run and not resume and saved is not None:
        raise UsageError(f"{folder} holds a run already: add --resume to go on with it, or remove it to begin anew")
    if resume and saved is not None and (model or recipe) and saved["model"] != named:
        raise UsageError(f"{folder} holds a run of {saved['model']}, not of {named}: leave --model and --recipe out")
    begun_with = saved if resume and saved is not None else settings
    if overrides["data"] is None and "data" not in begun_with:
        raise UsageError("--data is missing: the folder of pictures to train on")
    config = configure(begun_with, overrides)
    if "gan" not in config.losses and any(value is not None for value in overrides["gan"].values()):
        raise UsageError("options of a discriminator need the loss gan: give it a weight, such as --loss l1=1,gan=5e-3")
    _check_paths(config)
    if resume and saved is not None:
        _tell_changes(configure(saved, {}), config)
    return config


def _default_out(overrides: dict[str, Any], settings: dict[str, Any], model: str) -> Path:
    data = overrides["data"]
    if data is None:
        raise UsageError("--data is missing: the folder of pictures to train on (or --out, with --resume)")
    scale = overrides["scale"] or settings.get("scale", 4)
    return Path(f"{data.resolve().name}_{model}_x{scale}.safetensors")


def _check_paths(config: "TrainConfig") -> None:
    for folder in (config.data, config.val, config.lr):
        if folder is None or folder.is_dir():
            continue
        if folder == config.lr and _is_number(str(folder)):
            raise UsageError(
                f"--lr {folder}: that is the folder of low resolutions; the rate is --learning-rate {folder}"
            )
        raise UsageError(f"{folder} is not a folder" if folder.exists() else f"{folder} does not exist")
    if config.out.suffix != ".safetensors":
        raise UsageError(f"--out {config.out}: the name must end in .safetensors")


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _tell_changes(before: "TrainConfig", now: "TrainConfig") -> None:
    """What a resumed run does otherwise than it began; it goes on, but not as if it had never stopped."""
    quiet = ("out", "steps", "minutes", "validate_every", "save_every")
    changed = [
        f"{item.name} {getattr(before, item.name)} -> {getattr(now, item.name)}"
        for item in fields(now)
        if item.name not in quiet and getattr(before, item.name) != getattr(now, item.name)
    ]
    if changed:
        logger.warning("changed since this run began: %s", "; ".join(changed))


def _run(config: "TrainConfig", *, control: "Control", report: Reporter) -> None:
    with ending_at_once():
        from upscale.train.run import train as run

    with report, _interruptions() as interrupted:
        written = run(config, report, replace(control, interrupted=interrupted, decoded=report.decoded))
    report.ended(written)


def _show_data(config: "TrainConfig", target: Path) -> None:
    with ending_at_once():
        from upscale.train.degrade.show import show_data

    show_data(config, target)
    typer.echo(f"wrote {target}", err=True)


def _estimate(config: "TrainConfig", *, resume: bool, as_json: bool) -> None:
    with ending_at_once():
        from upscale.train.estimate import estimate

    figures = estimate(config, resume=resume)
    typer.echo(json.dumps(asdict(figures)) if as_json else str(figures))


@contextmanager
def _interruptions() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C or a termination has come, to be asked between two steps; a second one ends at once."""
    asked = False

    def ask(number: int, frame: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
