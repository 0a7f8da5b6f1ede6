"""`upscale video`: enlarge a clip, or every clip of a folder."""

import json
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from upscale.cli import options
from upscale.cli.summary import closing_event, closing_line, duration

if TYPE_CHECKING:
    from upscale.cli.progress import Progress
    from upscale.engine.scaling import ScalePlan
    from upscale.engine.upscaler import Upscaler
    from upscale.video.jobs import Place
    from upscale.video.pipeline import Enlarged, VideoJob

Source = Annotated[Path, typer.Argument(metavar="SOURCE", help="A video file, or a folder of them.")]
OutWord = Annotated[
    str | None,
    typer.Argument(
        metavar="[OUT]", help="File or folder (existing, or ending in /). Default: clip_x4.mp4 for clip.mp4."
    ),
]
Out = Annotated[str | None, typer.Option("--out", "-o", help="Output file or folder, instead of the second word.")]
Codec = Annotated[
    str, typer.Option("--codec", "-c", help="FFmpeg's name of the encoder: libx264, libx265, libsvtav1, ffv1, ...")
]
Crf = Annotated[
    float | None, typer.Option("--crf", help="Quality of encoders that have it, lower is better. Default: 18.")
]
Preset = Annotated[str | None, typer.Option("--preset", help="The encoder's pace. Default: medium for x264 and x265.")]
PixFmt = Annotated[
    str, typer.Option("--pix-fmt", help="auto: the source's subsampling and depth, or the nearest above.")
]
EncoderOption = Annotated[
    list[str] | None, typer.Option("-e", metavar="KEY=VALUE", help="An option for the encoder; may be repeated.")
]
Audio = Annotated[
    Literal["copy", "aac", "none"],
    typer.Option("--audio", help="Copy all audio streams as they are, encode them as AAC, or leave them out."),
]


def video(
    source: Source,
    out_word: OutWord = None,
    out: Out = None,
    model: options.Model = "srgan",
    scale: options.Scale = None,
    size: options.Size = None,
    fit: options.Fit = None,
    long_side: options.LongSide = None,
    short_side: options.ShortSide = None,
    max_pixels: options.MaxPixels = None,
    tta: options.Tta = False,
    codec: Codec = "libx264",
    crf: Crf = None,
    preset: Preset = None,
    pix_fmt: PixFmt = "auto",
    encoder_options: EncoderOption = None,
    audio: Audio = "copy",
    exists: options.Exists = "skip",
    overwrite: options.Overwrite = False,
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
    """Enlarge a video, or a folder of them: every frame keeps its own time.

    Audio, subtitles, chapters and tags are copied; what the container cannot hold is named first. An existing
    output is skipped. Exit code 1 if a clip failed; the others are kept.
    """
    from upscale.engine.scaling import plan_sizes
    from upscale.engine.upscaler import Upscaler
    from upscale.errors import UsageError
    from upscale.video.encoder import Encoding
    from upscale.video.jobs import plan_places
    from upscale.video.mux import Tracks
    from upscale.video.pipeline import VideoJob

    if out is not None and out_word is not None:
        raise UsageError(f"two outputs named: {out_word} and -o {out}")
    engine = options.engine_options(
        device=device, dtype=dtype, tile=tile, overlap=overlap, blend=blend, batch=batch, max_memory=max_memory
    )
    encoding = Encoding(codec, crf, preset, None if pix_fmt == "auto" else pix_fmt, _pairs(encoder_options or []))
    if not source.exists():
        raise UsageError(f"{source} does not exist")
    wish = options.size_wish(
        scale=scale, size=size, fit=fit, long_side=long_side, short_side=short_side, max_pixels=max_pixels
    )
    plan = plan_sizes(model, wish, tta=tta)
    places = plan_places(source, out or out_word, f"_{plan.label}", codec)
    upscaler: Upscaler | None = None
    with _Report(as_json=as_json, quiet=quiet) as report:
        for place in places:
            target = _settle(place, "overwrite" if overwrite else exists, report)
            if target is None:
                continue
            upscaler = upscaler or Upscaler(plan.network, engine)
            _enlarge(VideoJob(place.source, target, encoding, tracks=Tracks(audio)), upscaler, plan, report)
    raise typer.Exit(report.exit_code)


def _pairs(words: list[str]) -> dict[str, str]:
    """`key=value` words as a dictionary; raises UsageError for a word without `=`."""
    from upscale.errors import UsageError

    pairs = dict(word.split("=", 1) for word in words if "=" in word[1:])
    if len(pairs) < len(words):
        raise UsageError(f"-e {' -e '.join(words)}: every option needs the form key=value, and only once")
    return pairs


def _settle(place: "Place", exists: Literal["skip", "overwrite", "rename", "error"], report: "_Report") -> Path | None:
    """Where the result goes; None where the existing output leaves nothing to do."""
    from upscale.video.jobs import free_target

    if place.target.exists() and exists == "skip":
        report.skipped(place)
        return None
    if place.target.exists() and exists == "error":
        report.failed(place.source, f"{place.target} exists already; see --exists")
        return None
    if place.note:
        report.note(place.source, place.note)
    return free_target(place.target) if exists == "rename" else place.target


def _enlarge(job: "VideoJob", upscaler: "Upscaler", plan: "ScalePlan", report: "_Report") -> None:
    """One clip; what is wrong with it alone is reported, so that the others go on."""
    from upscale.errors import BadInputError, OutputError
    from upscale.video.pipeline import upscale_video

    started_s = time.perf_counter()
    report.opened(job)
    try:
        result = upscale_video(job, upscaler, plan, report, report.meter)
    except (BadInputError, OutputError) as error:
        report.failed(job.source, str(error))
        return
    finally:
        report.closed()
    report.done(job, result, time.perf_counter() - started_s)


class _Report:
    """What the user sees: notes and bar on stderr, one event a clip on stdout, the summary at the end."""

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        from upscale.flow.meter import Meter

        self._as_json, self._quiet = as_json, quiet
        self.meter = Meter()
        self._started_s = time.perf_counter()
        self._counts = {"done": 0, "skipped": 0, "failed": 0}
        self._progress: Progress | None = None
        self._source = Path()

    def __enter__(self) -> "_Report":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        seconds = time.perf_counter() - self._started_s
        # Of another error the summary says nothing: its own sentence follows.
        if not self._quiet and kind in (None, KeyboardInterrupt):
            counts = ", ".join(f"{count} {status}" for status, count in self._counts.items())
            typer.echo(closing_line(counts, seconds, self.meter), err=True)
        if self._as_json:
            event = closing_event(self._counts, seconds, self.meter, interrupted=kind is not None)
            typer.echo(json.dumps(event))

    def begun(self, frame_estimate: int | None, notes: tuple[str, ...]) -> None:
        """The pipeline's word that the first frame is next."""
        from upscale.cli.progress import Progress

        for note in notes:
            self.note(self._source, note)
        self._progress = Progress(frame_estimate, "frame", quiet=self._quiet)

    def enlarged(self, pixels: int) -> None:
        """The pipeline's word that a frame is finished."""
        if self._progress is not None:
            self._progress.pixels(pixels)
            self._progress.step()

    def opened(self, job: "VideoJob") -> None:
        """A clip's turn has come."""
        self._source = job.source

    def closed(self) -> None:
        """A clip's turn is over."""
        if self._progress is not None:
            self._progress.close()
        self._progress = None

    def note(self, source: Path, note: str) -> None:
        """What the user should know although nothing failed."""
        if not self._quiet:
            typer.echo(f"note: {source}: {note}", err=True)

    def skipped(self, place: "Place") -> None:
        """The output is there already."""
        self._count("skipped", place.source, {"target": str(place.target)})
        self.note(place.source, f"skipped, {place.target} exists; -y overwrites")

    def failed(self, source: Path, error: str) -> None:
        """A clip could not be enlarged."""
        typer.echo(f"failed: {error}", err=True)
        self._count("failed", source, {"error": error})

    def done(self, job: "VideoJob", result: "Enlarged", seconds: float) -> None:
        """A clip is finished."""
        for note in result.late_notes:
            self.note(job.source, note)
        if not self._quiet:
            size = f"{result.width_px}x{result.height_px}"
            typer.echo(f"{job.target}: {result.frames} frames of {size} in {duration(seconds)}", err=True)
        facts: dict[str, Any] = {
            "target": str(job.target),
            "frames": result.frames,
            "height_px": result.height_px,
            "width_px": result.width_px,
            "seconds": round(seconds, 3),
            "notes": [*result.early_notes, *result.late_notes],
        }
        self._count("done", job.source, facts)

    @property
    def exit_code(self) -> int:
        """1 if any clip failed."""
        return 1 if self._counts["failed"] else 0

    def _count(self, status: str, source: Path, facts: dict[str, Any]) -> None:
        self._counts[status] += 1
        if self._as_json:
            typer.echo(json.dumps({"event": "video", "status": status, "source": str(source), **facts}))
