"""`upscale compare`: one page to look at pictures, folders or clips side by side."""

import json
import logging
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from upscale.cli import options
from upscale.cli.loading import ending_at_once
from upscale.cli.logs import messages, printable
from upscale.cli.progress import Progress
from upscale.errors import UpscaleError, UsageError
from upscale.units import size

if TYPE_CHECKING:
    from upscale.compare.comparison import Contents, Result
    from upscale.compare.items import Failed, Item, Wish
    from upscale.compare.sources import Column

logger = logging.getLogger(__name__)

_SUFFIXES = (".html", ".htm")
_LISTED = 5

Sources = Annotated[
    list[str],
    typer.Argument(metavar="A B [C...]", help="Two or more pictures, clips, or folders of them.", show_default=False),
]
Out = Annotated[Path, typer.Option("--out", "-o", help="The page.", rich_help_panel=options.OUTPUT)]
Truth = Annotated[
    str | None,
    typer.Option(
        "--truth", metavar="FILE|FOLDER", help="The originals: shown too, and scored against (PSNR and SSIM on Y)."
    ),
]
Scale = Annotated[
    int, typer.Option("--scale", "-s", min=1, help="The factor that the results were enlarged by: so many pixels are"
                      " cut from each border before they are scored."),
]  # fmt: skip
Pictures = Annotated[int | None, typer.Option("--pictures", min=1, help="Of folders, so many, evenly spread.")]
Frames = Annotated[int, typer.Option("--frames", min=1, help="Of clips, so many moments, evenly spread.")]
MaxSide = Annotated[
    int | None,
    typer.Option("--max-side", min=16, metavar="N", help="Larger pictures are embedded reduced to it. Scores are not"
                 " affected.", rich_help_panel=options.OUTPUT),
]  # fmt: skip
Quality = Annotated[
    int | None,
    typer.Option("--quality", min=1, max=100, help="Of lossy WebP. Default: lossless.", rich_help_panel=options.OUTPUT),
]


def compare(
    sources: Sources,
    truth: Truth = None,
    scale: Scale = 4,
    pictures: Pictures = None,
    frames: Frames = 8,
    out: Out = Path("compare.html"),
    max_side: MaxSide = None,
    quality: Quality = None,
    exists: options.Exists = "skip",
    overwrite: options.Overwrite = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Put pictures, folders or clips on one page: slider, side by side, blinking, differences.

    The page is a single file that loads nothing, for computers and phones. Files of folders are matched by name,
    as baby.png with babyx4.png or baby_x4.jpg. Exit code 1 if a file failed; the others are shown.
    """
    with ending_at_once():
        from upscale.compare.comparison import contents, write_page
        from upscale.compare.items import Wish, items
        from upscale.compare.sources import columns

    with messages(quiet=quiet):
        found = columns(sources)
        given = contents(found, _truth(truth, found), pictures)
        target = _target(out, Path(sources[0]), "overwrite" if overwrite else exists)
        if target is None:
            logger.warning("%s exists; -y replaces it", out)
            return
        _tell_missing(given)
        wish = Wish(max_side, quality, frames, scale)
        result = write_page(target, given, _counted(items(given.matches, wish), given, wish, quiet=quiet), scale)
    if as_json or not quiet:
        _tell(target, given, result, scale, as_json=as_json)
    if result.failed:
        raise UpscaleError(_failures(result.failed, len(given.matches)))


def _truth(word: str | None, given: "list[Column]") -> "Column | None":
    from upscale.compare.sources import column

    if word is None:
        return None
    found = column(word)
    if given[0].is_folder and not found.is_folder:
        raise UsageError(f"--truth {word}: folders are compared with a folder of originals")
    return found


def _target(out: Path, source: Path, exists: Literal["skip", "overwrite", "rename", "error"]) -> Path | None:
    """Where the page goes; None where an existing one stays. UsageError for a name that is no page's."""
    from upscale.batch.existing import settle
    from upscale.batch.jobs import Job
    from upscale.batch.outcome import Outcome

    if out.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"--out {out}: a page's name ends in .html")
    [settled] = settle([Job(source, out)], exists)
    if not isinstance(settled, Outcome):
        return settled.target
    if settled.status == "failed":
        raise UpscaleError(settled.error or f"cannot write {out}")
    return None


def _counted(
    shown: "Iterable[Item | Failed]", given: "Contents", wish: "Wish", *, quiet: bool
) -> "Iterator[Item | Failed]":
    """The same, with a bar; failures are told as they come, but for that of a single match: it ends the program."""
    from upscale.compare.items import Failed, Item

    total = sum(wish.frames if match.moving else 1 for match in given.matches)
    bar = Progress(total, "picture", lambda seconds: "", quiet=quiet)
    try:
        for one in shown:
            if isinstance(one, Failed) and one.shown:
                logger.error("%s is shown only in part, %d of its moments: %s", one.name, one.shown, one.error)
            elif isinstance(one, Failed) and len(given.matches) > 1:
                logger.error("%s is left out: %s", one.name, one.error)
            elif isinstance(one, Item):
                for pane in one.panes:
                    if pane.unscored:
                        logger.warning("%s has no score: %s", pane.name, pane.unscored)
            yield one
            bar.step()
    finally:
        bar.close()


def _failures(failed: "Sequence[Failed]", total: int) -> str:
    """Which files are not shown, and which not to their end."""
    left_out = [one.name for one in failed if not one.shown]
    partly = [one.name for one in failed if one.shown]
    said = [f"{len(left_out)} of {total} could not be shown: {_listed(left_out)}"] if left_out else []
    said += [f"{len(partly)} of {total} could be shown only in part: {_listed(partly)}"] if partly else []
    return "; ".join(said)


def _tell_missing(given: "Contents") -> None:
    if given.lonely:
        logger.warning("without a partner, and left out: %s", _listed([str(path) for path in given.lonely]))
    if given.unmeasured:
        logger.warning("without an original, and not scored: %s", _listed(given.unmeasured))


def _listed(names: "Sequence[str]") -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def _tell(target: Path, given: "Contents", result: "Result", scale: int, *, as_json: bool) -> None:
    """What was written, and the means where something was measured."""
    from upscale.compare.scores import protocol

    if as_json:
        scores = {
            title: {"psnr": _finite(one.psnr), "ssim": one.ssim, "pictures": one.count}
            for title, one in result.scores.items()
        }
        event: dict[str, object] = {"event": "page", "path": str(target), "bytes": result.size_bytes}
        event |= {"pictures": result.items, "failed": [one.name for one in result.failed if not one.shown]}
        event |= {"partly": [one.name for one in result.failed if one.shown]}
        event |= {"without_partner": [str(path) for path in given.lonely], "scores": scores}
        typer.echo(json.dumps(event | ({"protocol": protocol(scale)} if scores else {})))
        return
    for name, one in result.scores.items():
        typer.echo(printable(f"{name}: {one}"))
    if result.scores:
        typer.echo(f"({protocol(scale)})")
    typer.echo(
        printable(
            f"{target}: {result.items} {'picture' if result.items == 1 else 'pictures'}, {size(result.size_bytes)}"
        )
    )


def _finite(value: float) -> float | None:
    """JSON has no word for the infinite PSNR of equal pictures."""
    return value if math.isfinite(value) else None
