"""`upscale eval`: scores of models on a folder of originals, with the protocol beside the figures."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from upscale.cli import options
from upscale.cli.logs import printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from upscale.engine.scaling import ScalePlan
    from upscale.engine.upscaler import Upscaler
    from upscale.evaluate.pairs import Pair
    from upscale.evaluate.protocol import Failure, Protocol, Run
    from upscale.evaluate.report import Conditions, JsonReport, TextReport
    from upscale.evaluate.tools import Tools

    Report = JsonReport | TextReport

MEAN_WIDTH = len("mean of 100 of 100")
SCORES = "Scores"

Models = Annotated[
    str,
    typer.Option("--model", "-m", help="Names or .safetensors paths between commas, such as bicubic,srgan."),
]
Data = Annotated[
    Path,
    typer.Option("--data", help="The originals: a folder of pictures, one picture, or a set such as Set5 with its HR."),
]
Lr = Annotated[
    Path | None,
    typer.Option(
        "--lr",
        help="Low-resolution files, babyx4.png or baby.png for baby.png. Default: the set's LRx4, if it has one, else"
        " MATLAB's bicubic.",
    ),
]
WholeScale = Annotated[
    int | None, typer.Option("--scale", "-s", min=2, help="Whole factor. Default: the first model's own.")
]
Metrics = Annotated[
    str,
    typer.Option(
        "--metrics",
        help="Between commas: psnr, ssim, niqe, lpips; lr_psnr, the dB of the result reduced again to the low"
        " resolution; drift, the levels by which its mean colour then differs in the worst channel; ma, pi.",
        rich_help_panel=SCORES,
    ),
]
Channels = Annotated[
    Literal["y", "rgb"],
    typer.Option("--channels", help="What PSNR and SSIM compare: BT.601 luma or RGB.", rich_help_panel=SCORES),
]
Ssim = Annotated[
    Literal["gauss11", "daala"],
    typer.Option(
        "--ssim",
        help="Wang et al. with their 11 x 11 Gaussian, or the tool of the Daala codec, which SRGAN's authors used.",
        rich_help_panel=SCORES,
    ),
]
SsimExponents = Annotated[
    str,
    typer.Option(
        "--ssim-exponents",
        metavar="L,C,S",
        help="Of SSIM's luminance, contrast and structure. Negative structure keeps its sign under a fraction.",
        rich_help_panel=SCORES,
    ),
]
Csv = Annotated[
    Path | None,
    typer.Option(
        "--csv",
        metavar="FILE",
        help="Write a .csv table too, conditions in every row. Replaces one that is there.",
        rich_help_panel=SCORES,
    ),
]
Plot = Annotated[
    Path | None,
    typer.Option(
        "--plot",
        metavar="FILE",
        help="Draw PSNR against NIQE as a .png: a point a model, a curve through mixtures. Replaces one that is there.",
        rich_help_panel=SCORES,
    ),
]


def evaluate(
    data: Data,
    model: Models = "srgan",
    lr: Lr = None,
    scale: WholeScale = None,
    metrics: Metrics = "psnr,ssim",
    channels: Channels = "y",
    ssim: Ssim = "gauss11",
    ssim_exponents: SsimExponents = "1,1,1",
    csv: Csv = None,
    plot: Plot = None,
    json: options.Json = False,
    device: options.Device = "auto",
    dtype: options.Dtype = "auto",
    tile: options.Tile = "auto",
    overlap: options.Overlap = "auto",
    blend: options.Blend = "exact",
    batch: options.Batch = "auto",
    max_memory: options.MaxMemory = "auto",
) -> None:
    """Score models against originals: fidelity, naturalness, and whether colours stay.

    Each original is reduced, enlarged by the model and compared. Colours are 8-bit, gray counts as RGB. A network
    cannot be asked to enlarge by 1, so that it changes nothing shows in lr_psnr and drift. What is unavailable here
    has a dash and the reason, and the exit code is 3.
    """
    from upscale.device import choose_device
    from upscale.engine.scaling import plan_scale
    from upscale.engine.upscaler import Upscaler
    from upscale.evaluate.csv_table import write_csv
    from upscale.evaluate.folders import find_folders
    from upscale.evaluate.pairs import find_pairs
    from upscale.evaluate.plane import write_plot
    from upscale.evaluate.protocol import Protocol, parse_exponents, parse_metrics
    from upscale.evaluate.report import Conditions, comparison, reasons
    from upscale.evaluate.tools import find_tools

    engine = options.engine_options(
        device=device, dtype=dtype, tile=tile, overlap=overlap, blend=blend, batch=batch, max_memory=max_memory
    )
    names = _names(model)
    factor = scale or _whole(plan_scale(names[0], None).scale)
    folders = find_folders(data, lr, factor)
    lr_from: Literal["folder", "matlab-bicubic"] = "folder" if folders.lr else "matlab-bicubic"
    protocol = Protocol(
        factor, parse_metrics(metrics), lr_from, channels, ssim, ssim_exponents=parse_exponents(ssim_exponents)
    )
    plans = {name: plan_scale(name, factor) for name in names}  # an unknown name shows before the first score
    pairs = find_pairs(folders.hr, folders.lr, factor)
    _tell_overlooked(folders.hr)
    _check_targets(csv, plot, pairs, protocol)
    tools = find_tools(protocol.metrics, choose_device(device))
    runs: list[tuple[Conditions, Run]] = []
    for name, plan in plans.items():
        upscaler = Upscaler(plan.network, engine)
        arithmetic = f"{upscaler.device} {upscaler.dtype}".replace("torch.", "")
        conditions = Conditions(name, arithmetic, protocol, folders, tools.unavailable)
        told = {failure for _, run in runs for failure in run.failures}
        runs.append((conditions, _run_model(upscaler, plan, pairs, tools, _report(conditions, pairs, json=json), told)))
        if csv is not None:
            write_csv(csv, runs)  # after each model, so that Ctrl-C loses none that is done
    if len(runs) > 1 and not json:
        typer.echo(comparison([run for _, run in runs]))
    if plot is not None and not write_plot(plot, [run for _, run in runs]):
        typer.echo(f"upscale: nothing to draw: no model has a finite PSNR, and {plot} is not written", err=True)
    if tools.unavailable and not json:
        typer.echo(reasons(tools.unavailable))
    _end([run for _, run in runs], tools)


def _names(models: str) -> list[str]:
    from upscale.errors import UsageError

    names = [name.strip() for name in models.split(",")]
    if "" in names:
        raise UsageError(f"--model {models!r} has an empty name: write names between commas, such as bicubic,srgan")
    return names


def _check_targets(csv: Path | None, plot: Path | None, pairs: "Sequence[Pair]", protocol: "Protocol") -> None:
    from upscale.evaluate.plane import check_metrics
    from upscale.evaluate.targets import check_target

    if csv is not None:
        check_target("--csv", csv, ".csv", pairs)
    if plot is not None:
        check_target("--plot", plot, ".png", pairs)
        check_metrics(protocol.metrics)


def _whole(scale: float) -> int:
    from upscale.errors import UsageError

    if not float(scale).is_integer():
        raise UsageError(f"scores need a whole factor, not {scale:g}: originals are cut to a multiple of it")
    return int(scale)


def _report(conditions: "Conditions", pairs: "Sequence[Pair]", *, json: bool) -> "Report":
    from upscale.evaluate.report import JsonReport, TextReport

    if json:
        return JsonReport(conditions)
    return TextReport(conditions, max(MEAN_WIDTH, *(len(pair.hr.name) for pair in pairs)) + 2)


def _run_model(
    upscaler: "Upscaler",
    plan: "ScalePlan",
    pairs: "Sequence[Pair]",
    tools: "Tools",
    report: "Report",
    told: "AbstractSet[Failure]",
) -> "Run":
    """Score one model, each line printed as soon as it is known, and every failure that is not yet told."""
    from upscale.evaluate.protocol import Failure, Row, Run
    from upscale.evaluate.scoring import score_pairs

    rows: list[Row] = []
    failures: list[Failure] = []
    protocol = report.conditions.protocol
    typer.echo(report.opening())
    for result in score_pairs(upscaler, plan, pairs, protocol, tools):
        typer.echo(printable(report.line(result)))
        if isinstance(result, Failure):
            failures.append(result)
            if result not in told:
                typer.echo(printable(f"upscale: {result.reason}"), err=True)
        else:
            rows.append(result)
    run = Run(report.conditions.model, protocol, tuple(rows), tuple(failures))
    typer.echo(report.closing(run))
    return run


def _tell_overlooked(folder: Path) -> None:
    from upscale.evaluate.pairs import few, overlooked

    if names := overlooked(folder):
        typer.echo(printable(f"upscale: not scored, for their names are no pictures': {few(names)}"), err=True)


def _end(runs: "Sequence[Run]", tools: "Tools") -> None:
    """Raise what the exit code is to tell: failed pictures before missing tools."""
    from upscale.errors import EnvironmentLackError, UpscaleError

    failed = sum(len(run.failures) for run in runs)
    total = failed + sum(len(run.rows) for run in runs)
    if failed:
        raise UpscaleError(f"{failed} of {total} pictures could not be scored")
    if tools.unavailable:
        words = ", ".join(tools.unavailable)
        raise EnvironmentLackError(f"{words} could not be measured here; the reasons stand among the results")
