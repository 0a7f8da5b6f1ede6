"""The `upscale` command: the sub-commands, and the one place where an exception becomes a message and an exit code."""

import os
import sys
from typing import Annotated

import typer

from upscale import __version__
from upscale.cli import evaluate, images, train, video
from upscale.errors import UpscaleError

INTERRUPTED = 130

app = typer.Typer(
    help="Enlarge pictures and video with super-resolution networks, and train those networks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("images")(images.images)
app.command("video")(video.video)
app.command("train")(train.train)
app.command("eval")(evaluate.evaluate)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"upscale {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; every expected error ends here as one sentence and its exit code."""
    # Before torch loads: waiting threads that spin take the cores from decoders and writers (measured: a batch of
    # pictures beside other work went five times quicker without).
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # A file's name may hold bytes that are no text.
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        app()
    except UpscaleError as error:
        typer.echo(f"upscale: {error}", err=True)
        sys.exit(error.exit_code)
    except SystemExit as ended:
        # typer turns Ctrl-C into this code, without a word.
        if ended.code == INTERRUPTED:
            typer.echo("upscale: interrupted; what is finished is kept, the same command does the rest", err=True)
        raise
