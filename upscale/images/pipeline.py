"""The batch: read ahead, enlarge, write behind; a bad file is an outcome, never an end."""

import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TypeVar

from upscale.engine.scaling import ScalePlan
from upscale.errors import OutputError, UpscaleError
from upscale.images.encoding import Encoding, impossible, shallow
from upscale.images.enlarging import Enlarger, Loaded, enlarge_pictures
from upscale.images.existing import Exists, settle
from upscale.images.image_io import LIMIT_PX, read_picture, write_picture
from upscale.images.jobs import Job
from upscale.images.outcome import Outcome
from upscale.images.picture import Picture

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class BatchOptions:
    """How files are read and written.

    `format_fixed`: the user chose the format, so a result that it cannot hold fails; else it becomes png.
    `io_workers`: threads that write, and how many pictures may wait before and after the network.
    """

    encoding: Encoding = Encoding()
    exists: Exists = "skip"
    format_fixed: bool = False
    io_workers: int = 2
    limit_px: int = LIMIT_PX


def enlarge_files(jobs: Iterable[Job], enlarger: Enlarger, options: BatchOptions) -> Generator[Outcome, None, None]:
    """Run the jobs, pulled as they are needed; outcomes come in their order.

    At most a few pictures per worker are in memory. Closing the iterator ends the run without half a file.
    """
    depth = options.io_workers
    # One thread reads: libvips has one error text for the whole process, so two would exchange the reasons of
    # their failures; and results, with 16 times the pixels, take far longer to write.
    with (
        closing(ahead(jobs, lambda job: _load(job, enlarger, options), workers=1, depth=depth)) as loaded,
        closing(enlarge_pictures(enlarger, loaded)) as enlarged,
        closing(ahead(enlarged, lambda item: _store(item, options), workers=depth, depth=depth)) as outcomes,
    ):
        yield from outcomes


def ahead(
    items: Iterable[Item], work: Callable[[Item], Result], *, workers: int, depth: int
) -> Generator[Result, None, None]:
    """`work(item)` for each, done by threads ahead of the consumer, in order, at most `depth` + 1 waiting.

    Before the network this reads ahead; after it, where pulling an item runs the network, it writes behind.
    An error of `items` or of `work` comes out here, after the threads have finished what they had begun.
    """
    pool = ThreadPoolExecutor(workers)
    pending: deque[Future[Result]] = deque()
    try:
        for item in items:
            pending.append(pool.submit(work, item))
            while len(pending) > depth or (pending and pending[0].done()):
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _load(job: Job, enlarger: Enlarger, options: BatchOptions) -> Loaded | Outcome:
    started_s = time.perf_counter()
    try:
        picture = read_picture(job.source, options.limit_px)
        if enlarger.alpha == "drop":
            picture = picture.with_samples(picture.pixels, None)
        return _fitted(Loaded(job, picture, started_s), enlarger.plan, options)
    except UpscaleError as error:
        return Outcome(job, "failed", time.perf_counter() - started_s, str(error))


def _fitted(loaded: Loaded, plan: ScalePlan, options: BatchOptions) -> Loaded | Outcome:
    """Known before the network runs: whether the target's format can hold the result, else png."""
    job, picture = loaded.job, loaded.picture
    size_px = plan.target_size(picture.height, picture.width)
    _refuse_too_large(picture, size_px)
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


def _refuse_too_large(picture: Picture, size_px: tuple[int, int]) -> None:
    """A result that cannot fit into memory would end the whole run, killed without a word."""
    channels = picture.pixels.shape[2] + (picture.alpha is not None)
    needed = size_px[0] * size_px[1] * channels * picture.pixels.dtype.itemsize
    memory = _memory_bytes()
    if memory is not None and needed > memory:
        raise OutputError(
            f"the result of {size_px[1]} x {size_px[0]} pixels needs {needed / 1e9:.1f} GB of memory, "
            f"this machine has {memory / 1e9:.1f} GB; use a smaller --scale"
        )


def _memory_bytes() -> int | None:
    """The machine's memory, where the system tells (Windows does not)."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else None


def _drop_hint(picture: Picture) -> str:
    return ", or --alpha drop" if picture.transparent else ""


def _store(item: Loaded | Outcome, options: BatchOptions) -> Outcome:
    if isinstance(item, Outcome):
        return item
    job, error = item.job, None
    try:
        job.target.parent.mkdir(parents=True, exist_ok=True)
        write_picture(job.target, item.picture, options.encoding)
    except OutputError as refused:
        error = str(refused)
    except OSError as refused:
        error = f"cannot make the folder {job.target.parent}: {(refused.strerror or str(refused)).lower()}"
    size_px = (item.picture.height, item.picture.width)
    seconds = time.perf_counter() - item.started_s
    return Outcome(job, "failed" if error else "done", seconds, error, item.note, size_px)
