"""`upscale train`: fit a network to a folder of pictures."""

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from upscale.cli import options
from upscale.cli.loading import ending_at_once
from upscale.errors import UsageError

if TYPE_CHECKING:
    from upscale.train.config import TrainConfig
    from upscale.train.run import Progress


def train(
    data: Annotated[Path, typer.Option("--data", help="Folder of high-resolution pictures, searched recursively.")],
    val: Annotated[
        Path | None, typer.Option("--val", help="Folder to validate on. Default: 8 of the pictures, held out.")
    ] = None,
    model: Annotated[str, typer.Option("--model", "-m", help="srcnn, espcn, srresnet or srgan.")] = "srgan",
    scale: Annotated[
        int | None, typer.Option("--scale", "-s", help="2, 3 or 4; espcn and srcnn to 8. Default: 4.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The .safetensors to write. Default: DATA_MODEL_xSCALE.safetensors."),
    ] = None,
    init: Annotated[
        str | None, typer.Option("--init", help="Weights to start from: a path, a shipped name, or none.")
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option("--recipe", help="A shipped recipe or a .toml file; flags override it. Default: the model's."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where the run that writes the same --out stopped.")
    ] = False,
    steps: Annotated[int | None, typer.Option("--steps", help="Number of steps.")] = None,
    minutes: Annotated[float | None, typer.Option("--minutes", help="As many steps as fit into this time.")] = None,
    stop_at: Annotated[
        int | None, typer.Option("--stop-at", help="Stop after this step, with the state saved for --resume.")
    ] = None,
    loss: Annotated[
        str | None, typer.Option("--loss", help="Weights of the losses: l1=1e-2,vgg54=1,gan=1e-3 (also mse, vgg22).")
    ] = None,
    vgg_weights: Annotated[
        Path | None, typer.Option("--vgg-weights", help="VGG16 or VGG19 weights. Default: downloaded.")
    ] = None,
    batch: Annotated[int | None, typer.Option("--batch", help="Crops a step.")] = None,
    crop: Annotated[int | None, typer.Option("--crop", help="Side of a crop in low-resolution pixels.")] = None,
    learning_rate: Annotated[float | None, typer.Option("--learning-rate", help="Its peak.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of all random numbers.")] = None,
    validate_every: Annotated[int | None, typer.Option("--val-every", help="Steps between validations.")] = None,
    save_every: Annotated[int | None, typer.Option("--save-every", help="Steps between saved states.")] = None,
    device: Annotated[str | None, typer.Option("--device", help="auto, cpu, cuda, cuda:1 or mps.")] = None,
    dtype: Annotated[str | None, typer.Option("--dtype", help="auto, fp32 or bf16.")] = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Train a network on your pictures, into weights that images and video take by --model PATH."""
    with ending_at_once():
        from upscale.train.config import configure
        from upscale.train.losses.names import parse_losses
        from upscale.train.run import Control
        from upscale.train.run import train as run

    if steps is not None and minutes is not None:
        raise UsageError("--steps and --minutes exclude each other")
    overrides: dict[str, Any] = {
        "data": data, "val": val, "scale": scale, "init": init, "steps": steps, "minutes": minutes,
        "losses": parse_losses(loss) if loss else None, "vgg_weights": vgg_weights, "batch": batch, "crop": crop,
        "learning_rate": learning_rate, "seed": seed, "validate_every": validate_every, "save_every": save_every,
        "device": device, "dtype": dtype,
    }  # fmt: skip
    settings = _settings(out, data, recipe or model, scale, resume=resume)
    config = configure(settings, overrides)
    _check_paths(config)
    if not quiet:
        typer.echo(_announce(config, resume=resume), err=True)
    with _Reporter(as_json=as_json, quiet=quiet) as report, _interruptions() as interrupted:
        written = run(config, report, Control(resume, stop_at, interrupted))
    if quiet:
        return
    if written is None:
        typer.echo("stopped; the same command with --resume goes on", err=True)
    else:
        typer.echo(f"wrote {written}; use it with --model {written}", err=True)


def _settings(out: Path | None, data: Path, recipe: str, scale: int | None, *, resume: bool) -> dict[str, Any]:
    """The recipe's settings and where the output goes, or those of the run that writes it already."""
    from upscale.train.config import TrainConfig, read_recipe
    from upscale.train.saving import saved_settings, state_folder

    settings = read_recipe(recipe)
    scale = scale or settings.get("scale", TrainConfig.scale)
    out = out or Path(f"{data.resolve().name}_{settings.get('model', TrainConfig.model)}_x{scale}.safetensors")
    folder = state_folder(out)
    saved = saved_settings(folder)
    if resume and saved is None:
        raise UsageError(f"nothing to resume: {folder} does not exist; train without --resume")
    if not resume and saved is not None:
        raise UsageError(f"{folder} holds a run already: add --resume to go on with it, or remove it to begin anew")
    return {**(saved or settings), "out": out}


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


def _check_paths(config: "TrainConfig") -> None:
    for folder in (config.data, config.val):
        if folder is not None and not folder.exists():
            raise UsageError(f"{folder} does not exist")
    if config.out.suffix != ".safetensors":
        raise UsageError(f"--out {config.out}: the name must end in .safetensors")


def _announce(config: "TrainConfig", *, resume: bool) -> str:
    losses = " + ".join(f"{weight:g} {name}" for name, weight in config.losses.items())
    length = f"{config.minutes:g} minutes" if config.minutes is not None else f"{config.steps} steps"
    start = "from scratch" if config.init == "none" else f"from {config.init}"
    if resume:
        return f"resuming {config.model} x{config.scale} on {config.data}, up to {length}: {losses} -> {config.out}"
    return f"training {config.model} x{config.scale} {start} on {config.data} for {length}: {losses} -> {config.out}"


class _Reporter:
    """A bar on a terminal, a line at each validation, or JSON events."""

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        from tqdm import tqdm

        self.as_json, self.quiet = as_json, quiet
        self.bar = tqdm(unit="step", disable=quiet or as_json or not sys.stderr.isatty(), file=sys.stderr)

    def __enter__(self) -> "_Reporter":
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()

    def __call__(self, progress: "Progress") -> None:
        self.bar.total = progress.total or None
        self.bar.update(progress.step - self.bar.n)
        if progress.psnr_y is None:
            return
        losses = {name: round(value, 6) for name, value in progress.losses.items()}
        if self.as_json:
            event = {
                "step": progress.step,
                "total": progress.total,
                "psnr_y": round(progress.psnr_y, 3),
                "lr": progress.lr,
            }
            typer.echo(json.dumps(event | losses))
        elif not self.quiet:
            shown = ", ".join(f"{name} {value:.4g}" for name, value in losses.items())
            self.bar.write(
                f"step {progress.step}/{progress.total}: PSNR-Y {progress.psnr_y:.3f} dB, {shown}", file=sys.stderr
            )
