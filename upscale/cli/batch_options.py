"""Options of the commands for many files, `images` and `video`."""

from pathlib import Path
from typing import Annotated

import typer

from upscale.cli.options import OUTPUT, SOURCES, TELLING

Out = Annotated[
    str | None,
    typer.Option("--out", "-o", help="Output file or folder, instead of the last word.", rich_help_panel=OUTPUT),
]
Recursive = Annotated[
    bool, typer.Option("--recursive", "-r", help="Subfolders too; the output mirrors them.", rich_help_panel=SOURCES)
]
Suffix = Annotated[
    str | None,
    typer.Option(
        "--suffix", help="Added to the name. Default: _x4 beside the source, else nothing.", rich_help_panel=OUTPUT
    ),
]
Name = Annotated[
    str | None,
    typer.Option(
        "--name",
        metavar="TEMPLATE",
        help="Names of results, such as {stem}_x{scale}{ext}; also {name}, {parent}, {model}, {index}.",
        rich_help_panel=OUTPUT,
    ),
]
Watch = Annotated[
    bool,
    typer.Option(
        "--watch", help="Go on with what comes into the folders, until Ctrl-C (exit code 130).", rich_help_panel=SOURCES
    ),
]
ReportFile = Annotated[
    Path | None,
    typer.Option(
        "--report", metavar="FILE", help="Append the events to it, as --json shows them.", rich_help_panel=TELLING
    ),
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Only list what would be done: sizes, names, time.", rich_help_panel=TELLING),
]
FailFast = Annotated[
    bool, typer.Option("--fail-fast", help="Stop at the first file that fails.", rich_help_panel=TELLING)
]
