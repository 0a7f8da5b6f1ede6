"""`upscale images`: enlarge picture files, folders of them, or what a quoted glob matches."""

import json
import time
from collections import Counter
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from upscale.cli import options
from upscale.cli.summary import closing_event, closing_line

if TYPE_CHECKING:
    from upscale.engine.scaling import ScalePlan
    from upscale.engine.upscaler import UpscaleOptions
    from upscale.images.jobs import Job, Plan
    from upscale.images.outcome import Outcome
    from upscale.images.pipeline import BatchOptions

Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE... [OUT]",
        help="Files, folders, quoted globs, or @list.txt with a name a line (@-: from standard input). The last"
        " word is the output if it is a folder, ends in /, or is the second of two and does not exist. Default:"
        " photo_x4.png for photo.png, in_x4 for in.",
    ),
]
Out = Annotated[str | None, typer.Option("--out", "-o", help="Output file or folder, instead of the last word.")]
Recursive = Annotated[bool, typer.Option("--recursive", "-r", help="Subfolders too; the output mirrors them.")]
Ext = Annotated[
    Literal["auto", "png", "jpg", "webp", "tiff", "bmp"],
    typer.Option("--ext", "-f", help="Output format; auto: the source's where it can hold the result, else png."),
]
Quality = Annotated[int, typer.Option("--quality", min=1, max=100, help="Of jpg (always 4:4:4) and webp.")]
Lossless = Annotated[bool, typer.Option("--lossless", help="webp without loss.")]
Alpha = Annotated[
    Literal["model", "resize", "drop"],
    typer.Option("--alpha", help="Transparency: through the network as gray, by bicubic interpolation, or dropped."),
]
Suffix = Annotated[
    str | None,
    typer.Option("--suffix", help="Added to the name. Default: _x4 beside the source, else nothing."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only list what would be read and written.")]
FailFast = Annotated[bool, typer.Option("--fail-fast", help="Stop at the first file that fails.")]
IoWorkers = Annotated[int, typer.Option("--io-workers", "-j", min=1, help="Threads that write.")]


def images(
    sources: Sources,
    out: Out = None,
    model: options.Model = "srgan",
    scale: options.Scale = None,
    recursive: Recursive = False,
    ext: Ext = "auto",
    quality: Quality = 95,
    lossless: Lossless = False,
    alpha: Alpha = "model",
    exists: options.Exists = "skip",
    overwrite: options.Overwrite = False,
    suffix: Suffix = None,
    dry_run: DryRun = False,
    fail_fast: FailFast = False,
    io_workers: IoWorkers = 2,
    device: options.Device = "auto",
    dtype: options.Dtype = "auto",
    tile: options.Tile = "auto",
    overlap: options.Overlap = "auto",
    blend: options.Blend = "exact",
    batch: options.Batch = "auto",
    max_memory: options.MaxMemory = "auto",
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Enlarge pictures: a file, a folder, several, or a quoted glob.

    Keeps 16 bits, gray, transparency, ICC profile, EXIF and XMP. Existing outputs are skipped, so that a run
    can be repeated. Exit code 1 if a file failed; the others are kept.
    """
    from upscale.engine.scaling import plan_scale
    from upscale.images.encoding import Encoding
    from upscale.images.existing import settle
    from upscale.images.jobs import plan_jobs, split_words
    from upscale.images.naming import Naming
    from upscale.images.outcome import Outcome
    from upscale.images.pipeline import BatchOptions

    words, target = split_words(sources, out)
    engine = options.engine_options(
        device=device, dtype=dtype, tile=tile, overlap=overlap, blend=blend, batch=batch, max_memory=max_memory
    )
    scaling = plan_scale(model, scale)
    plan = plan_jobs(words, target, Naming(f"_x{scaling.scale:g}", ext, suffix), recursive=recursive)
    _refuse_nothing(plan, words, recursive=recursive)
    policy = "overwrite" if overwrite else exists
    settled = settle(plan.jobs, policy)
    if dry_run:
        _list(settled, as_json=as_json)
        return
    waiting = [item for item in settled if not isinstance(item, Outcome)]
    batch_options = BatchOptions(
        encoding=Encoding(quality, lossless),
        exists=policy,
        format_fixed=ext != "auto" or plan.file_named,
        io_workers=io_workers,
        fail_fast=fail_fast,
    )
    with _Report(len(waiting), as_json=as_json, quiet=quiet) as report:
        for warning in plan.warnings:
            report.note(warning)
        for item in settled:
            if isinstance(item, Outcome):
                report.add(item)
        for outcome in _run(waiting, _Engine(scaling, engine, alpha), batch_options, report):
            report.add(outcome)
    raise typer.Exit(report.exit_code)


@dataclass(frozen=True)
class _Engine:
    """What the network's stage is built from."""

    plan: "ScalePlan"
    options: "UpscaleOptions"
    alpha: Literal["model", "resize", "drop"]


def _run(
    jobs: "list[Job]", engine: _Engine, batch_options: "BatchOptions", report: "_Report"
) -> Generator["Outcome", None, None]:
    """Outcomes as they come; without jobs no network is loaded."""
    if not jobs:
        return
    from upscale.engine.upscaler import Upscaler
    from upscale.images.enlarging import Enlarger
    from upscale.images.pipeline import enlarge_files

    upscaler = Upscaler(engine.plan.network, engine.options)
    enlarger = Enlarger(upscaler, engine.plan, engine.alpha, report.progress.pixels)
    with closing(enlarge_files(jobs, enlarger, batch_options, report.meter)) as outcomes:
        yield from outcomes


def _refuse_nothing(plan: "Plan", words: list[str], *, recursive: bool) -> None:
    from upscale.errors import UsageError

    if not plan.jobs:
        hint = "" if recursive else "; -r looks into subfolders"
        raise UsageError(f"no pictures in {', '.join(words)}{hint}")


def _list(settled: "list[Job | Outcome]", *, as_json: bool) -> None:
    """The dry run: what would be done, on standard output."""
    from upscale.images.outcome import Outcome

    for item in settled:
        job = item.job if isinstance(item, Outcome) else item
        status = item.status if isinstance(item, Outcome) else "planned"
        if as_json:
            _emit({"event": "plan", "status": status, "source": str(job.source), "target": str(job.target)})
        else:
            typer.echo(f"{status}  {job.source} -> {job.target}")


class _Report:
    """Bar, messages and events while the batch runs; the summary when it ends, interrupted or not."""

    def __init__(self, total: int, *, as_json: bool, quiet: bool) -> None:
        from upscale.cli.progress import Progress
        from upscale.flow.meter import Meter

        self.progress = Progress(total, "picture", quiet=quiet)
        self.meter = Meter()
        self._started_s = time.perf_counter()
        self._as_json, self._quiet = as_json, quiet
        self._counts: Counter[str] = Counter()
        self._failures: list[str] = []

    def __enter__(self) -> "_Report":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.progress.close()
        for failure in self._failures:
            typer.echo(f"failed: {failure}", err=True)
        counts = {status: self._counts[status] for status in ("done", "skipped", "failed")}
        seconds = time.perf_counter() - self._started_s
        if not self._quiet:
            there = " (already there; -y overwrites)" if counts["skipped"] else ""
            words = f"{counts['done']} done, {counts['skipped']} skipped{there}, {counts['failed']} failed"
            typer.echo(closing_line(words, seconds, self.meter), err=True)
        if self._as_json:
            _emit(closing_event(counts, seconds, self.meter, interrupted=kind is not None))

    @property
    def exit_code(self) -> int:
        """1 if any file failed."""
        return 1 if self._failures else 0

    def note(self, line: str) -> None:
        """What the user should know although nothing failed."""
        if not self._quiet:
            self.progress.say(f"note: {line}")

    def add(self, outcome: "Outcome") -> None:
        """Count one outcome, and tell of it."""
        self._counts[outcome.status] += 1
        if outcome.status == "failed":
            self._failures.append(outcome.error or str(outcome.job.source))
        elif outcome.note:
            self.note(f"{outcome.job.target}: {outcome.note}")
        if outcome.seconds:
            self.progress.step()
        if self._as_json:
            _emit({"event": "picture", **_event(outcome)})


def _event(outcome: "Outcome") -> dict[str, Any]:
    height_px, width_px = outcome.size_px or (None, None)
    return {
        "status": outcome.status,
        "source": str(outcome.job.source),
        "target": str(outcome.job.target),
        "height_px": height_px,
        "width_px": width_px,
        "seconds": round(outcome.seconds, 3),
        "error": outcome.error,
        "note": outcome.note,
    }


def _emit(event: dict[str, Any]) -> None:
    typer.echo(json.dumps(event))
