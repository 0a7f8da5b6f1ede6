"""`upscale bench`: how quick this machine is, with which options."""

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from upscale.cli import options

if TYPE_CHECKING:
    from upscale.bench.cases import Case, Figure, Gap, What, Workload
    from upscale.bench.report import JsonReport, TextReport

# 64 megapixels of input: what is larger measures the machine's memory, and its user's patience.
_LIMIT_PX = 2**26

Models = Annotated[
    list[str] | None,
    typer.Option("--model", "-m", help="A name or a .safetensors path. Default: srgan. May be repeated, as all these."),
]
Devices = Annotated[list[str] | None, typer.Option("--device", help="auto (default), cpu, cuda, cuda:1 or mps.")]
Dtypes = Annotated[list[str] | None, typer.Option("--dtype", help="auto (default), fp32, fp16 or bf16.")]
Tiles = Annotated[
    list[str] | None,
    typer.Option("--tile", "-t", help="auto (default): by rows. N: tiles of N input pixels. 0: the whole picture."),
]
Batches = Annotated[list[str] | None, typer.Option("--batch", help="Pictures or tiles per forward pass: auto or N.")]
Size = Annotated[str, typer.Option("--size", metavar="WxH", help="Of the pictures and frames that are enlarged.")]
Part = Annotated[
    Literal["network", "images", "video", "all"],
    typer.Option("--what", help="The network alone, pictures from file to file, video from file to file."),
]
Runs = Annotated[int, typer.Option("--runs", min=1, help="Of each measurement; the median counts.")]


def bench(
    model: Models = None,
    device: Devices = None,
    dtype: Dtypes = None,
    tile: Tiles = None,
    batch: Batches = None,
    size: Size = "128x96",
    what: Part = "all",
    runs: Runs = 3,
    as_json: options.Json = False,
) -> None:
    """Measure how quick this machine is: the network alone, and pictures and video from file to file.

    Every model with every device, dtype, tile and batch, beside the machine's peak on a matrix product. What
    the machine lacks is named and skipped. Nothing else should run meanwhile.
    """
    from upscale.bench.measure import measure

    words = (model or ["srgan"], device or ["auto"], dtype or ["auto"], tile or ["auto"], batch or ["auto"])
    cases = _cases(*words)
    workload = _workload(size, runs)
    report = _report(workload, cases, as_json=as_json)
    whats: tuple[What, ...] = ("network", "images", "video") if what == "all" else (what,)
    typer.echo(report.opening())
    results = []
    for result in measure(cases, whats, workload):
        typer.echo(report.line(result))
        results.append(result)
    _fail_if_incomplete(results)


def _cases(
    models: Sequence[str],
    devices: Sequence[str],
    dtypes: Sequence[str],
    tiles: Sequence[str],
    batches: Sequence[str],
) -> "list[Case]":
    """Every combination, once each. UsageError for a word that nobody knows, before anything is measured."""
    from upscale.bench.cases import Case
    from upscale.engine.scaling import plan_scale

    for name in models:
        plan_scale(name, None)
    for device, dtype in product(devices, dtypes):
        _check(device, dtype)
    return [
        Case(
            name,
            options.engine_options(device=device, dtype=dtype, tile=tile, overlap="auto", blend="exact", batch=batch),
        )
        for name, device, dtype, tile, batch in dict.fromkeys(product(models, devices, dtypes, tiles, batches))
    ]


def _check(device: str, dtype: str) -> None:
    """UsageError for an unknown word; a device that this machine has not is a gap in the table, not an error."""
    from upscale.device import choose_device, choose_dtype
    from upscale.errors import EnvironmentLackError

    choose_dtype(dtype, choose_device("cpu"))
    try:
        choose_device(device)
    except EnvironmentLackError:
        return


def _workload(size: str, runs: int) -> "Workload":
    from upscale.bench.cases import Workload
    from upscale.errors import UsageError

    width, _, height = size.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()) or not 0 < int(width) * int(height) <= _LIMIT_PX:
        raise UsageError(f"--size {size}: expected WxH, such as 768x512, of at most {_LIMIT_PX // 10**6} megapixels")
    return Workload(int(height), int(width), runs)


def _report(workload: "Workload", cases: "list[Case]", *, as_json: bool) -> "TextReport | JsonReport":
    from upscale.bench.report import JsonReport, TextReport

    return JsonReport(workload) if as_json else TextReport(workload, 2 + max(len(case.model) for case in cases))


def _fail_if_incomplete(results: "Sequence[Figure | Gap]") -> None:
    """1 if a measurement failed; 3 if the machine could do none of them."""
    from upscale.bench.cases import Gap
    from upscale.errors import EnvironmentLackError, UpscaleError

    gaps = [result for result in results if isinstance(result, Gap)]
    failed = sum(not gap.lacking for gap in gaps)
    if failed:
        raise UpscaleError(f"{failed} of {len(results)} measurements failed")
    if len(gaps) == len(results):
        raise EnvironmentLackError(f"nothing could be measured: {gaps[0].reason}")
