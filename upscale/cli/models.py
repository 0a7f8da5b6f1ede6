"""`upscale models`: what ships, and all that a weights file says of its network."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from upscale.cli import options
from upscale.cli.loading import ending_at_once
from upscale.units import size

if TYPE_CHECKING:
    from upscale.models.network import Network

app = typer.Typer(help="List the models that ship, or show all that is known of one.", invoke_without_command=True)

Named = Annotated[
    str, typer.Argument(metavar="NAME|PATH", help="A shipped name, such as srgan or espcn_x2, or a .safetensors file.")
]
Factor = Annotated[
    int | None, typer.Option("--scale", "-s", help="Which of the factors that a name ships for. Default: 4.")
]

_HEADINGS = ("name", "factor", "size", "PSNR Set5", "licence")


@dataclass(frozen=True)
class Shipped:
    """A shipped model, as a row of the table; `psnr_set5` in dB on luma, None where it was not measured."""

    name: str
    scale: int
    size_bytes: int
    psnr_set5: float | None
    licence: str


@app.callback()
def models(context: typer.Context, as_json: options.Json = False) -> None:
    """List the models that ship, or show all that is known of one."""
    context.obj = as_json  # before the name of a sub-command it means the same as behind it
    if context.invoked_subcommand is None:
        _list(as_json=as_json)


@app.command("list")
def list_models(context: typer.Context, as_json: options.Json = False) -> None:
    """The models that ship: name, factor, size of the file, PSNR on Set5, licence."""
    _list(as_json=as_json or context.obj)


@app.command("show")
def show(context: typer.Context, source: Named, scale: Factor = None, as_json: options.Json = False) -> None:
    """All that is known of one model: architecture, data, losses, steps, scores, licence."""
    with ending_at_once():
        from upscale.models.catalog import load_network

    told = _told(load_network(source, scale))
    typer.echo(json.dumps(told) if as_json or context.obj else "\n".join(_lines(told)))


def _list(*, as_json: bool) -> None:
    rows = _shipped()
    if as_json:
        for row in rows:
            typer.echo(json.dumps(asdict(row)))
        return
    cells = [_HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEADINGS))]
    for line in cells:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    typer.echo("Without a file: bicubic, lanczos, nearest. More of one: upscale models show NAME")


def _shipped() -> list[Shipped]:
    with ending_at_once():
        from upscale.models.catalog import shipped
        from upscale.models.checkpoint import read_network

    return [_row(read_network(path), path) for path in shipped().values()]


def _row(network: "Network", path: Path) -> Shipped:
    spec = network.spec
    psnr = spec.scores.get(f"Set5 x{spec.scale} PSNR")
    return Shipped(spec.name, spec.scale, path.stat().st_size, psnr, spec.licence)


def _cells(row: Shipped) -> tuple[str, ...]:
    psnr = "" if row.psnr_set5 is None else f"{row.psnr_set5:.2f}"
    # The files' own words go on with whose photographs those were.
    return row.name, f"x{row.scale}", size(row.size_bytes), psnr, row.licence.partition(";")[0]


def _told(network: "Network") -> dict[str, Any]:
    """Contract and configuration, and how many numbers there are in it; None for what the file does not tell."""
    spec = asdict(network.spec)
    spec |= {key: spec[key] or None for key in ("losses", "steps")}
    config = {key: value for key, value in asdict(network.config).items() if key != "scale"} if network.config else {}
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return {**spec, "config": config, "parameters": parameters}


def _lines(told: dict[str, Any]) -> list[str]:
    radius = told["radius"]
    rows = {
        "name": told["name"],
        "architecture": told["architecture"],
        "configuration": ", ".join(f"{key} = {_plain(value)}" for key, value in told["config"].items()),
        "factor": f"x{told['scale']}",
        "channels": str(told["channels"]),
        "parameters": f"{told['parameters']:,}",
        "radius": "unknown" if radius is None else f"{radius} low-resolution pixels",
        "trained on": told["trained_on"] or "not told",
        "losses": " + ".join(f"{weight:g} {name}" for name, weight in (told["losses"] or {}).items()) or "not told",
        "steps": f"{told['steps']:,}" if told["steps"] else "not told",
        "licence": told["licence"] or "not told",
    }
    if not told["parameters"]:  # a resampler
        rows = {key: value for key, value in rows.items() if key not in ("trained on", "losses", "steps", "licence")}
    rows |= {name: f"{value:g}" for name, value in told["scores"].items()}
    width = max(map(len, rows)) + 2
    return [f"{key:<{width}}{value}" for key, value in rows.items()]


def _plain(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
