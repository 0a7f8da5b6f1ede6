"""`upscale video`: enlarge clips, folders of them, or what a quoted glob matches."""

from pathlib import Path

import typer

from upscale.cli import batch_options, old_spellings, options, video_options
from upscale.cli.batch import Wanted, refuse_to_watch
from upscale.cli.loading import ending_at_once
from upscale.cli.logs import messages
from upscale.cli.moments import moment, span_ends
from upscale.cli.video_batch import Clips, Engine
from upscale.cli.video_preview import parse_crop
from upscale.cli.video_run import Telling, Way, run_clips
from upscale.cli.video_words import devices, pairs, rate
from upscale.errors import UsageError


def video(
    sources: video_options.Sources = None,
    recursive: batch_options.Recursive = False,
    start: video_options.Start = None,
    end: video_options.End = None,
    fps: video_options.Fps = None,
    hwaccel: video_options.Hwaccel = "auto",
    watch: batch_options.Watch = False,
    scale: options.Scale = None,
    size: options.Size = None,
    fit: options.Fit = None,
    long_side: options.LongSide = None,
    short_side: options.ShortSide = None,
    max_pixels: options.MaxPixels = None,
    out: batch_options.Out = None,
    container: video_options.Container = None,
    suffix: batch_options.Suffix = None,
    name: batch_options.Name = None,
    exists: options.Exists = "skip",
    overwrite: options.Overwrite = False,
    no_resume: video_options.NoResume = False,
    segment_frames: video_options.SegmentFrames = None,
    codec: video_options.Codec = "auto",
    crf: video_options.Crf = None,
    preset: video_options.Preset = None,
    pix_fmt: video_options.PixFmt = "auto",
    encoder_options: video_options.EncoderOption = None,
    audio: video_options.Audio = "copy",
    subs: video_options.Subs = "copy",
    maps: video_options.Map = None,
    hdr: video_options.Hdr = "keep",
    matrix: video_options.ColourMatrix = "auto",
    rotation: video_options.Rotation = "keep",
    deinterlace: video_options.Deinterlace = "auto",
    square_pixels: video_options.SquarePixels = False,
    model: options.Model = "srgan",
    tta: options.Tta = False,
    dedup: video_options.Dedup = "exact",
    device: video_options.Device = "auto",
    dtype: options.Dtype = "auto",
    tile: options.Tile = "auto",
    overlap: options.Overlap = "auto",
    blend: options.Blend = "exact",
    batch: options.Batch = "auto",
    max_memory: options.MaxMemory = "auto",
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    as_json: options.Json = False,
    report_file: batch_options.ReportFile = None,
    log: options.Log = None,
    dry_run: batch_options.DryRun = False,
    preview_at: video_options.PreviewAt = None,
    crop: video_options.Crop = None,
    fail_fast: batch_options.FailFast = False,
    old_sources: old_spellings.Input = None,
    old_model: old_spellings.ModelName = None,
    old_scale: old_spellings.Outscale = None,
    old_overlap: old_spellings.TilePad = None,
    old_matrix: old_spellings.ColourMatrix = None,
    old_start: old_spellings.Start = None,
    old_end: old_spellings.End = None,
    old_codec: old_spellings.Codec = None,
    fp32: old_spellings.Fp32 = False,
) -> None:
    """Enlarge clips: a file, a folder, several, or a quoted glob. Every frame keeps its own time.

    Keeps sound, subtitles, chapters, tags, HDR and transparency; what the container cannot hold is named first.
    What is done already is skipped, an interrupted clip goes on. Exit code 1 if a clip failed; the others are kept.
    """
    with ending_at_once():
        from upscale.batch.jobs import split_words
        from upscale.batch.lists import STREAM
        from upscale.batch.naming import Naming, names_file
        from upscale.batch.template import parse
        from upscale.engine.scaling import plan_sizes
        from upscale.video.encoding.encoder import Encoding
        from upscale.video.encoding.segments import SEGMENT_FRAMES
        from upscale.video.medium import clips, container_name
        from upscale.video.pipeline import VideoJob
        from upscale.video.reading.reader import Reading
        from upscale.video.reading.timing import Span
        from upscale.video.tracks.tracks import Tracks
        from upscale.video.view import Viewing

    model, scale, overlap = old_model or model, old_scale or scale, old_overlap or overlap
    engine = options.engine_options(
        device="auto", dtype="fp32" if fp32 else dtype, tile=tile, overlap=overlap, blend=blend, batch=batch,
        max_memory=max_memory,
    )  # fmt: skip
    wish = options.size_wish(
        scale=scale, size=size, fit=fit, long_side=long_side, short_side=short_side, max_pixels=max_pixels
    )
    codec, matrix = old_codec or codec, old_matrix or matrix
    span = Span(*span_ends(old_start or start, old_end or end))
    pattern = VideoJob(
        source=Path(), target=Path(),
        encoding=Encoding(codec, crf, preset, None if pix_fmt == "auto" else pix_fmt, pairs(encoder_options)),
        reading=Reading(span, deinterlace, hwaccel, rate=rate(fps)),
        viewing=Viewing(hdr, rotation, matrix, square_pixels),
        tracks=Tracks(audio, subs, tuple(maps or ()), span),
        dedup=dedup, resume=not no_resume, segment_frames=segment_frames or SEGMENT_FRAMES,
    )  # fmt: skip
    way = Way(dry_run, watch, moment(preview_at, "--preview-at"), parse_crop(crop))
    container = container_name(container)
    medium = clips(codec)
    words, target = split_words([*(old_sources or []), *(sources or [])], out, medium)
    if STREAM in (target, *words):
        raise UsageError("video is neither read from standard input nor written to standard output; name a file")
    if watch:
        refuse_to_watch(words, medium, name)
    with messages(log, verbose=verbose, quiet=quiet), ending_at_once():
        plan = plan_sizes(model, wish, tta=tta)
        template = parse(name, model, plan.label.removeprefix("x")) if name is not None else None
    fixed = container is not None or names_file(target, medium)
    naming = Naming(medium, f"_{plan.label}", container or "auto", suffix, template)
    wanted = Wanted(words, target, naming, recursive, "overwrite" if overwrite else exists, fixed)
    work = Clips(Engine(plan, engine, devices(device)), pattern, fixed, fail_fast)
    raise typer.Exit(run_clips(wanted, work, way, Telling(quiet, verbose, as_json, report_file, log)))
