"""The batch: read ahead, enlarge, write behind; a bad file is an outcome, never an end."""

import os
import time
from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass, replace

from upscale.atomic import Asides
from upscale.errors import OutputError, UpscaleError
from upscale.flow.flow import Flow
from upscale.flow.meter import Meter
from upscale.images.encoding import Encoding, impossible, shallow
from upscale.images.enlarging import Enlarged, Enlarger, Loaded, enlarge_pictures
from upscale.images.existing import Exists, settle
from upscale.images.footprint import encoder_bytes, held_bytes
from upscale.images.image_io import LIMIT_PX, read_picture, write_rows
from upscale.images.jobs import Job
from upscale.images.outcome import Outcome, Status
from upscale.images.picture import Picture


@dataclass(frozen=True)
class BatchOptions:
    """How files are read and written.

    `format_fixed`: the user chose the format, so a result that it cannot hold fails; else it becomes png.
    `io_workers`: threads that write, and how many pictures may wait before the network. `fail_fast`: a failed
    picture is the last but for those that have been begun.
    """

    encoding: Encoding = Encoding()
    exists: Exists = "skip"
    format_fixed: bool = False
    io_workers: int = 2
    limit_px: int = LIMIT_PX
    fail_fast: bool = False


def enlarge_files(
    jobs: Iterable[Job], enlarger: Enlarger, options: BatchOptions, meter: Meter | None = None
) -> Generator[Outcome, None, None]:
    """Run the jobs, pulled as they are needed; outcomes come in their order. `meter` counts the stages' time.

    At most a few pictures per worker are in memory. Closing the iterator ends the run without half a file; on
    Ctrl-C the outcomes of what was finished come first.
    """
    flow, asides = Flow(meter), Asides()
    stoppable = replace(enlarger, control=flow.control)
    # One thread reads: libvips has one error text for the whole process, so two would exchange the reasons of
    # their failures; and results, with 16 times the pixels, take far longer to write.
    loaded = flow.stage("reading", (_load(job, enlarger, options) for job in jobs), depth=options.io_workers)
    enlarged = flow.stage("network", enlarge_pictures(stoppable, loaded))
    outcomes = flow.spread("writing", lambda item: _store(item, options, asides), enlarged, workers=options.io_workers)
    try:
        with closing(flow.run(outcomes)) as finished:
            for outcome in finished:
                if options.fail_fast and outcome.status == "failed":
                    flow.stop()
                yield outcome
    finally:
        asides.remove()


def _load(job: Job, enlarger: Enlarger, options: BatchOptions) -> Loaded | Outcome:
    started_s = time.perf_counter()
    try:
        picture = read_picture(job.source, options.limit_px)
        if enlarger.alpha == "drop":
            picture = picture.with_samples(picture.pixels, None)
        return _fitted(Loaded(job, picture, started_s), enlarger, options)
    except UpscaleError as error:
        return Outcome(job, "failed", time.perf_counter() - started_s, str(error))


def _fitted(loaded: Loaded, enlarger: Enlarger, options: BatchOptions) -> Loaded | Outcome:
    """Known before the network runs: whether the target's format can hold the result, else png."""
    job, picture = loaded.job, loaded.picture
    size_px = enlarger.plan.target_size(picture.height, picture.width)
    _refuse_too_large(loaded, enlarger, options.encoding)
    reason = impossible(picture, job.target, size_px)
    if options.format_fixed:
        if reason:
            raise OutputError(f"cannot write {job.target}: {reason}; use png{_drop_hint(picture)}")
        return replace(loaded, note=shallow(picture, job.target))
    reason = reason or shallow(picture, job.target)
    if not reason:
        return loaded
    # The whole name stays: photo.webp.png cannot meet the result of photo.png.
    fallback = replace(job, target=job.target.with_name(f"{job.target.name}.png"))
    settled = settle([fallback], options.exists)[0]
    return settled if isinstance(settled, Outcome) else replace(loaded, job=settled, note=f"png: {reason}")


def _refuse_too_large(loaded: Loaded, enlarger: Enlarger, encoding: Encoding) -> None:
    """What cannot fit into memory would end the whole run, killed without a word."""
    picture, memory = loaded.picture, _memory_bytes()
    height, width = enlarger.plan.target_size(picture.height, picture.width)
    needed = held_bytes(picture, enlarger) + encoder_bytes(picture, (height, width), loaded.job.target, encoding)
    if memory is not None and needed > memory:
        raise OutputError(
            f"the result of {width} x {height} pixels needs {needed / 1e9:.1f} GB of memory, "
            f"this machine has {memory / 1e9:.1f} GB; use a smaller --scale"
        )


def _memory_bytes() -> int | None:
    """The machine's memory, where the system tells (Windows does not)."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else None


def _drop_hint(picture: Picture) -> str:
    return ", or --alpha drop" if picture.transparent else ""


def _store(item: Enlarged | Outcome, options: BatchOptions, asides: Asides) -> Outcome:
    if isinstance(item, Outcome):
        return item
    loaded, picture, error = item.loaded, item.picture, None
    target = loaded.job.target
    try:
        with closing(item.pieces):
            target.parent.mkdir(parents=True, exist_ok=True)
            write_rows(target, picture, options.encoding, asides)
    except UpscaleError as refused:
        error = str(refused)
    except MemoryError:
        error = f"cannot write {target}: not enough memory for a result of {picture.width} x {picture.height} pixels"
    except OSError as refused:
        error = f"cannot make the folder {target.parent}: {(refused.strerror or str(refused)).lower()}"
    seconds = time.perf_counter() - loaded.started_s
    status: Status = "failed" if error else "done"
    return Outcome(loaded.job, status, seconds, error, loaded.note, (picture.height, picture.width))
