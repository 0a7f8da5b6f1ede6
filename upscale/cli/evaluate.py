"""`upscale eval`: scores of models on a folder of originals, with the protocol beside the figures."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upscale.cli import options

if TYPE_CHECKING:
    from upscale.engine.scaling import ScalePlan
    from upscale.engine.upscaler import Upscaler
    from upscale.evaluate.pairs import Pair
    from upscale.evaluate.protocol import Protocol, Run
    from upscale.evaluate.report import JsonReport, TextReport

    Report = JsonReport | TextReport

MEAN_WIDTH = len("mean of 100 of 100")

Models = Annotated[
    str,
    typer.Option("--model", "-m", help="Names or .safetensors paths between commas, such as bicubic,srgan."),
]
Data = Annotated[Path, typer.Option("--data", help="The originals: a folder of pictures, or one picture.")]
Lr = Annotated[
    Path | None,
    typer.Option("--lr", help="Low-resolution files, babyx4.png for baby.png. Default: MATLAB's bicubic."),
]
WholeScale = Annotated[
    int | None, typer.Option("--scale", "-s", min=2, help="Whole factor. Default: the first model's own.")
]
Metrics = Annotated[str, typer.Option("--metrics", help="psnr, ssim, niqe, between commas.")]


def evaluate(
    data: Data,
    model: Models = "srgan",
    lr: Lr = None,
    scale: WholeScale = None,
    metrics: Metrics = "psnr,ssim",
    json: options.Json = False,
    device: options.Device = "auto",
    dtype: options.Dtype = "auto",
    tile: options.Tile = "auto",
    overlap: options.Overlap = "auto",
    blend: options.Blend = "exact",
    batch: options.Batch = "auto",
    max_memory: options.MaxMemory = "auto",
) -> None:
    """Score models against originals: PSNR and SSIM on luma, NIQE without a reference.

    Each original is reduced, enlarged by the model and compared. Colours are 8-bit, gray counts as RGB.
    """
    from upscale.engine.scaling import plan_scale
    from upscale.engine.upscaler import Upscaler
    from upscale.evaluate.pairs import find_pairs
    from upscale.evaluate.protocol import Protocol, parse_metrics
    from upscale.evaluate.report import comparison

    engine = options.engine_options(
        device=device, dtype=dtype, tile=tile, overlap=overlap, blend=blend, batch=batch, max_memory=max_memory
    )
    names = [name.strip() for name in model.split(",")]
    factor = scale or _whole(plan_scale(names[0], None).scale)
    protocol = Protocol(factor, parse_metrics(metrics), "folder" if lr else "matlab-bicubic")
    plans = {name: plan_scale(name, factor) for name in names}  # an unknown name shows before the first score
    pairs = find_pairs(data, lr, factor)
    runs = []
    for name, plan in plans.items():
        upscaler = Upscaler(plan.network, engine)
        report = _report(name, upscaler, protocol, pairs, json=json)
        runs.append(_run_model(upscaler, plan, pairs, report))
    if len(runs) > 1 and not json:
        typer.echo(comparison(runs))
    _fail_if_any_failed(runs)


def _whole(scale: float) -> int:
    from upscale.errors import UsageError

    if not float(scale).is_integer():
        raise UsageError(f"scores need a whole factor, not {scale:g}: originals are cut to a multiple of it")
    return int(scale)


def _report(name: str, upscaler: "Upscaler", protocol: "Protocol", pairs: "list[Pair]", *, json: bool) -> "Report":
    from upscale.evaluate.report import JsonReport, TextReport

    arithmetic = f"{upscaler.device} {upscaler.dtype}".replace("torch.", "")
    if json:
        return JsonReport(name, arithmetic, protocol)
    width = max(MEAN_WIDTH, *(len(pair.hr.name) for pair in pairs)) + 2
    return TextReport(name, arithmetic, protocol, width)


def _run_model(upscaler: "Upscaler", plan: "ScalePlan", pairs: "list[Pair]", report: "Report") -> "Run":
    """Score one model, each line printed as soon as it is known."""
    from upscale.evaluate.protocol import Failure, Row, Run
    from upscale.evaluate.scoring import score_pairs

    rows: list[Row] = []
    failures: list[Failure] = []
    typer.echo(report.opening())
    for result in score_pairs(upscaler, plan, pairs, report.protocol):
        typer.echo(report.line(result))
        if isinstance(result, Failure):
            failures.append(result)
            typer.echo(f"upscale: cannot score {result.picture}: {result.reason}", err=True)
        else:
            rows.append(result)
    run = Run(report.model, report.protocol, tuple(rows), tuple(failures))
    typer.echo(report.closing(run))
    return run


def _fail_if_any_failed(runs: "list[Run]") -> None:
    from upscale.errors import UpscaleError

    failed = sum(len(run.failures) for run in runs)
    total = failed + sum(len(run.rows) for run in runs)
    if failed:
        raise UpscaleError(f"{failed} of {total} pictures could not be scored")
