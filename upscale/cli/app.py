"""The `upscale` command: the sub-commands, and the one place where an exception becomes a message and an exit code."""

import os
import sys
import threading
from contextlib import suppress
from typing import Annotated, NoReturn

import typer

from upscale import __version__
from upscale.allocator import keep_freed_memory
from upscale.cli import bench, compare, evaluate, images, models, train, video
from upscale.cli.logs import printable
from upscale.cli.train_interrupt import InterruptedTrainingError
from upscale.errors import INTERRUPTED, UpscaleError

_INTERRUPTED = "interrupted; what is finished is kept, the same command does the rest"

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
app.command("compare")(compare.compare)
app.add_typer(models.app, name="models")
app.command("bench")(bench.bench)


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
    _share_cores()
    keep_freed_memory()
    # A file's name may hold bytes that are no text.
    if sys.stdout is not None:  # as it is where the shell has closed it
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        app()
    except InterruptedTrainingError as error:
        _end_interrupted(str(error))
    except UpscaleError as error:
        typer.echo(printable(f"upscale: {error}"), err=True)
        sys.exit(error.exit_code)
    except SystemExit as ended:
        # typer turns Ctrl-C into this code, without a word.
        if ended.code == INTERRUPTED:
            _end_interrupted()
        raise
    except KeyboardInterrupt:
        # Before typer is ready for it.
        _end_interrupted()


def _share_cores() -> None:
    """Say, before torch loads, how its threads wait for each other, unless the user has."""
    # Left alone, GNU OpenMP's threads spin 300,000 times, several milliseconds, which takes the cores from decoders
    # and writers (a batch of pictures beside other work took five times as long). Asleep at once (PASSIVE), they are
    # woken too late for small bands, at up to 40 % of the network's speed. So they spin for a while, then sleep.
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "20000")


def _end_interrupted(told: str = _INTERRUPTED) -> NoReturn:
    """Say so, and end: here and now if a thread is still deep in some computation, whose result nobody waits for."""
    typer.echo(f"upscale: {told}", err=True)
    if threading.active_count() > 1:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):
                stream.flush()
        os._exit(INTERRUPTED)
    sys.exit(INTERRUPTED)
