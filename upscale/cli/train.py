"""`upscale train`: fit a network to a folder of pictures."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from upscale.cli import options
from upscale.cli import train_options as opt
from upscale.cli.loading import ending_at_once
from upscale.cli.logs import messages
from upscale.cli.train_interrupt import Interruptions, telling_what_is_saved
from upscale.cli.train_report import Reporter
from upscale.cli.train_settings import Asked, check_target, settings_of
from upscale.errors import UsageError

if TYPE_CHECKING:
    from upscale.train.config import TrainConfig
    from upscale.train.run import Control


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
    if extend and steps is None and minutes is None:
        raise UsageError("--extend needs the new length: give --steps, of the whole run, or --minutes, on top")
    if steps is not None and minutes is not None:
        raise UsageError("--steps and --minutes exclude each other")
    if dry_run and show_data is not None:
        raise UsageError("--dry-run and --show-data exclude each other")
    adversary = {
        "objective": gan, "discriminator": discriminator, "norm": d_norm, "learning_rate": d_learning_rate,
        "d_steps": d_steps, "skip_above": skip_d, "real_label": label_smoothing, "instance_noise": instance_noise,
        "unroll": unroll, "kernels": kernels,
    }  # fmt: skip
    flags: dict[str, Any] = {
        "data": data, "val": val, "lr": lr, "degrade": degrade, "crop": crop, "cache": cache, "scale": scale,
        "init": init, "from_scratch": from_scratch or None, "steps": steps, "minutes": minutes, "batch": batch,
        "accumulate": accumulate, "learning_rate": learning_rate, "gradient_clip": gradient_clip, "ema": ema,
        "seed": seed, "device": device, "dtype": dtype, "losses": None if loss is None else parse_losses(loss),
        "vgg_weights": vgg_weights, "gan": adversary, "out": out, "best": best, "validate_every": validate_every,
        "save_every": save_every, "fold_bn": fold_bn or None, "licence": licence,
    }  # fmt: skip
    asked = Asked(flags, model, recipe, resume=resume, is_run=not dry_run and show_data is None)
    # Of several processes one speaks.
    is_silent = quiet or not is_first_process()
    with messages(quiet=is_silent):
        config = settings_of(asked)
        with telling_what_is_saved(config.out):
            if show_data is not None:
                _show_data(config, show_data)
            elif dry_run:
                _estimate(config, resume=resume, extend=extend, as_json=as_json)
            else:
                report = Reporter(config, asked.recipe_name, as_json=as_json, quiet=is_silent)
                _run(config, control=Control(resume, extend, stop_at), report=report)


def _run(config: "TrainConfig", *, control: "Control", report: Reporter) -> None:
    with ending_at_once():
        from upscale.train.run import train as run

    with report, Interruptions() as interruptions:
        control = replace(
            control,
            interrupted=interruptions.noted,
            begun=report.begun,
            decoded=report.decoded,
            ready=interruptions.hold,
        )
        written = run(config, report, control)
    report.ended(written)


def _show_data(config: "TrainConfig", target: Path) -> None:
    """Of several processes one draws."""
    with ending_at_once():
        from upscale.train.degrade.show import show_data
        from upscale.train.parallel import is_first_process

    if target.suffix.lower() != ".png":
        raise UsageError(f"--show-data {target}: the name must end in .png")
    check_target(target)
    if is_first_process():
        show_data(config, target)
        typer.echo(f"wrote {target}", err=True)


def _estimate(config: "TrainConfig", *, resume: bool, extend: bool, as_json: bool) -> None:
    """Of several processes, which take their steps together, one tells."""
    with ending_at_once():
        from upscale.train.estimate import estimate
        from upscale.train.parallel import is_first_process

    figures = estimate(config, resume=resume, extend=extend)
    if is_first_process():
        typer.echo(json.dumps(asdict(figures)) if as_json else str(figures))
