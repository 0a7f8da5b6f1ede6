"""`upscale images`: enlarge picture files, folders of them, or what a quoted glob matches."""

import sys
from dataclasses import replace
from typing import Literal

import typer

from upscale import __version__
from upscale.cli import batch_options, image_options, old_spellings, options
from upscale.cli.batch import Wanted, Work, refuse_to_watch, run
from upscale.cli.events import Events
from upscale.cli.image_batch import Engine, enlarging
from upscale.cli.image_plan import show_plan
from upscale.cli.image_report import Report
from upscale.cli.loading import ending_at_once
from upscale.cli.logs import messages


def images(
    sources: image_options.Sources = None,
    recursive: batch_options.Recursive = False,
    max_input_pixels: image_options.MaxInputPixels = None,
    watch: batch_options.Watch = False,
    scale: options.Scale = None,
    size: options.Size = None,
    fit: options.Fit = None,
    long_side: options.LongSide = None,
    short_side: options.ShortSide = None,
    max_pixels: options.MaxPixels = None,
    out: batch_options.Out = None,
    ext: image_options.Ext = "auto",
    quality: image_options.Quality = None,
    subsampling: image_options.Subsampling = "444",
    lossless: image_options.Lossless = False,
    png_level: image_options.PngLevel = 3,
    tiff_compression: image_options.TiffCompression = "deflate",
    bit_depth: image_options.BitDepth = "auto",
    alpha: image_options.Alpha = "model",
    icc: image_options.Icc = "keep",
    strip_metadata: image_options.StripMetadata = False,
    suffix: batch_options.Suffix = None,
    name: batch_options.Name = None,
    exists: options.Exists = "skip",
    overwrite: options.Overwrite = False,
    model: options.Model = "srgan",
    tta: options.Tta = False,
    device: options.Device = "auto",
    dtype: options.Dtype = "auto",
    tile: options.Tile = "auto",
    overlap: options.Overlap = "auto",
    blend: options.Blend = "exact",
    batch: options.Batch = "auto",
    max_memory: options.MaxMemory = "auto",
    io_workers: image_options.IoWorkers = 2,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    as_json: options.Json = False,
    report_file: batch_options.ReportFile = None,
    log: options.Log = None,
    dry_run: batch_options.DryRun = False,
    fail_fast: batch_options.FailFast = False,
    old_sources: old_spellings.Input = None,
    old_model: old_spellings.ModelName = None,
    old_scale: old_spellings.Outscale = None,
    old_overlap: old_spellings.TilePad = None,
    fp32: old_spellings.Fp32 = False,
) -> None:
    """Enlarge pictures: a file, a folder, several, or a quoted glob.

    Keeps 16 bits, gray, transparency, frames, ICC profile, EXIF, XMP and IPTC.
    What is done already is skipped. Exit code 1 if a file failed; the others are kept.
    """
    with ending_at_once():
        from upscale.batch.jobs import split_words
        from upscale.batch.lists import STREAM
        from upscale.batch.naming import Naming, names_file
        from upscale.batch.template import parse
        from upscale.engine.scaling import plan_sizes
        from upscale.images.encoding import Encoding, refuse_idle
        from upscale.images.medium import PICTURES
        from upscale.images.piped import piped
        from upscale.images.pipeline import BatchOptions

    model, scale, overlap = old_model or model, old_scale or scale, old_overlap or overlap
    dtype = "fp32" if fp32 else dtype
    engine = options.engine_options(
        device=device, dtype=dtype, tile=tile, overlap=overlap, blend=blend, batch=batch, max_memory=max_memory
    )
    wish = options.size_wish(
        scale=scale, size=size, fit=fit, long_side=long_side, short_side=short_side, max_pixels=max_pixels
    )
    batch_options = BatchOptions(
        encoding=Encoding(quality, subsampling, lossless, png_level, tiff_compression, bit_depth, strip_metadata, icc),
        exists="overwrite" if overwrite else exists,
        io_workers=io_workers,
        limit_px=options.pixel_limit(max_input_pixels),
        fail_fast=fail_fast,
    )
    words, target = split_words([*(old_sources or []), *(sources or [])], out, PICTURES)
    if watch:
        refuse_to_watch(words, PICTURES, name)
    stream: Literal["stdout", "stderr"] = "stdout" if target != STREAM and words != [STREAM] else "stderr"
    with messages(log, verbose=verbose, quiet=quiet), ending_at_once():
        plan = plan_sizes(model, wish, tta=tta)
        template = parse(name, model, plan.label.removeprefix("x")) if name is not None else None
    with (
        messages(log, verbose=verbose, quiet=quiet),
        Events(stream if as_json else None, report_file) as events,
        piped(words, target, ext) as pipes,
    ):
        fixed = ext != "auto" or (not pipes.delivers and names_file(pipes.out, PICTURES))
        naming = Naming(PICTURES, f"_{plan.label}", ext, suffix, template)
        wanted = Wanted(pipes.words, pipes.out, naming, recursive, batch_options.exists, fixed)
        batch_options = replace(batch_options, format_fixed=fixed)
        if fixed:
            refuse_idle(f".{ext}" if ext != "auto" else str(pipes.out), batch_options.encoding)
        if dry_run:
            show_plan(wanted, Engine(plan, engine, alpha), batch_options, events if as_json else None)
            return
        with Report(events, quiet=quiet, shown=pipes.hidden, at_once=watch) as report:
            events.run({"version": __version__, "words": sys.argv[1:]})
            enlarge = enlarging(Engine(plan, engine, alpha), batch_options, report)
            run(wanted, Work(enlarge, watch, fail_fast), report)
    raise typer.Exit(report.exit_code)
