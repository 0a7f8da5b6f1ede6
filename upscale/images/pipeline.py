"""The batch: read ahead, enlarge, write behind; a bad file is an outcome, never an end."""

import os
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace

from upscale.atomic import Asides, make_folder
from upscale.batch.existing import Exists, settle
from upscale.batch.jobs import Job
from upscale.batch.outcome import Outcome, Status
from upscale.batch.unforeseen import MALFORMED, told
from upscale.errors import BadInputError, OutputError, UpscaleError
from upscale.flow.flow import Flow
from upscale.flow.meter import Meter
from upscale.images.encoding import Encoding, impossible, shallow, unwritten
from upscale.images.enlarging import Enlarged, Enlarger, Frame, Item, Loaded, enlarge_pictures
from upscale.images.footprint import encoder_bytes, held_bytes
from upscale.images.formats import TARGETS, format_of_name
from upscale.images.image_io import LIMIT_PX, WHOLE_BYTES, read_frames, write_rows
from upscale.images.medium import fallback
from upscale.images.picture import Picture
from upscale.images.preparing import prepared


@dataclass(frozen=True)
class BatchOptions:
    """How files are read and written.

    `format_fixed`: the user chose the format, so a result that it cannot hold fails; else it becomes png.
    `io_workers`: threads that write, and how many pictures may wait before the network. `fail_fast`: a failed
    picture is the last but for those that have been begun. `limit_px`, `whole_bytes`: see `read_frames`.
    """

    encoding: Encoding = Encoding()
    exists: Exists = "skip"
    format_fixed: bool = False
    io_workers: int = 2
    limit_px: int = LIMIT_PX
    whole_bytes: int = WHOLE_BYTES
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
    items = (item for job in jobs for item in _load(job, enlarger, options))
    loaded = flow.stage("reading", items, depth=options.io_workers)
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


def _load(job: Job, enlarger: Enlarger, options: BatchOptions) -> Iterator[Item]:
    """A picture, or an animation's frames, or why there is none, or no more."""
    started_s, loaded = time.perf_counter(), None
    try:
        for picture in read_frames(job.source, options.limit_px, options.whole_bytes):
            if enlarger.alpha == "drop":
                picture = picture.with_samples(picture.pixels, None)
            if loaded is not None:
                yield Frame(prepared(picture, loaded.job.target, options.encoding)[0])
                continue
            fitted = _fitted(_as_still(Loaded(job, picture, started_s), options), enlarger, options)
            yield fitted
            if isinstance(fitted, Outcome) or fitted.picture.animation is None:
                return
            loaded = fitted
        return
    except UpscaleError as error:
        reason = str(error)
    except MemoryError:
        reason = f"cannot read {job.source}: not enough memory for what it claims to hold"
    except MALFORMED as error:
        reason = f"cannot read {job.source}: it is damaged in a way that was not foreseen ({told(error)})"
    yield Frame(BadInputError(reason)) if loaded else Outcome(job, "failed", time.perf_counter() - started_s, reason)


def _as_still(loaded: Loaded, options: BatchOptions) -> Loaded:
    """Of an animation the first frame alone, if the user chose a format that has no frames."""
    animation, name = loaded.picture.animation, format_of_name(loaded.job.target) or ""
    if animation is None or not options.format_fixed or TARGETS[name].animated:
        return loaded
    note = f"the first of {animation.frames} frames: {name} has no more"
    return replace(loaded, picture=replace(loaded.picture, animation=None), note=note)


def _fitted(loaded: Loaded, enlarger: Enlarger, options: BatchOptions) -> Loaded | Outcome:
    """Known before the network runs: whether the target's format can hold the result, else png."""
    job, picture = loaded.job, loaded.picture
    size_px = enlarger.plan.target_size(picture.height, picture.width)
    _refuse_too_large(loaded, enlarger, options.encoding)
    encoding = options.encoding
    reason, lost = impossible(picture, job.target, size_px, encoding), shallow(picture, job.target, encoding)
    if options.format_fixed:
        if reason:
            raise OutputError(f"cannot write {job.target}: {reason}; use png{_drop_hint(picture)}")
        return _prepared(loaded, encoding, lost)
    reason = reason or lost
    if not reason:
        foreign = unwritten(job.source, job.target)
        return _prepared(loaded, encoding, f"png: {foreign}" if foreign else None)
    settled = settle([replace(job, target=fallback(job.target))], options.exists)[0]
    if isinstance(settled, Outcome):
        return settled
    return _prepared(replace(loaded, job=settled), encoding, f"png: {reason}")


def _prepared(loaded: Loaded, encoding: Encoding, note: str | None) -> Loaded:
    picture, otherwise = prepared(loaded.picture, loaded.job.target, encoding)
    moves = picture.animation is not None or loaded.note
    alone = None if moves or picture.pages == 1 else f"the first of {picture.pages} pages; the others are left out"
    notes = [part for part in (loaded.note, note, alone, otherwise) if part]
    return replace(loaded, picture=picture, note="; ".join(notes) or None)


def _refuse_too_large(loaded: Loaded, enlarger: Enlarger, encoding: Encoding) -> None:
    """What cannot fit into memory would end the whole run, killed without a word."""
    picture, memory = loaded.picture, _memory_bytes()
    height, width = enlarger.plan.target_size(picture.height, picture.width)
    needed = held_bytes(picture, enlarger) + encoder_bytes(picture, (height, width), loaded.job.target, encoding)
    if memory is not None and needed > memory:
        raise OutputError(
            f"the result of {width} x {height} pixels needs {needed / 1e9:.1f} GB of memory, "
            f"this machine has {memory / 1e9:.1f} GB; use a smaller --scale, or --max-pixels"
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
            make_folder(target.parent)
            write_rows(target, picture, options.encoding, asides)
    except UpscaleError as refused:
        error = str(refused)
    except MemoryError:
        error = f"cannot write {target}: not enough memory for a result of {picture.width} x {picture.height} pixels"
    except MALFORMED as unforeseen:
        error = f"cannot write {target}: what came with the picture is damaged in some way ({told(unforeseen)})"
    seconds = time.perf_counter() - loaded.started_s
    status: Status = "failed" if error else "done"
    return Outcome(loaded.job, status, seconds, error, loaded.note, (picture.height, picture.width))
