"""What a clip will come to, before it runs: size and losses from its plan, time from a short trial."""

import tempfile
import time
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import torch

from upscale.engine.bands import TensorSource
from upscale.engine.enlarge import enlarge
from upscale.engine.scaling import ScalePlan
from upscale.engine.upscaler import Upscaler
from upscale.errors import UpscaleError
from upscale.video.pipeline import Begun, ClipPlan, VideoJob, plan_clip, upscale_video
from upscale.video.reading.reader import VideoReader
from upscale.video.reading.timing import Span
from upscale.video.tracks.mux import Tracks

# So long a trial says enough.
_ENOUGH_S = 0.5
# A frame that takes the network longer is not worth a trial of decoder and encoder: it alone says how long all takes.
_LONG_S = 0.25
_FEWEST_ROWS = 16


@dataclass(frozen=True)
class ClipForecast:
    """What becomes of one clip; None: nobody knows. `seconds` are those of the work."""

    frames: int | None
    length_s: float | None
    height_px: int
    width_px: int
    codec: str
    notes: tuple[str, ...]
    seconds: float | None


def forecast(job: VideoJob, upscaler: Upscaler, plan: ScalePlan) -> ClipForecast:
    """Settle all that `upscale_video` settles, and try a few frames. Raises as that does."""
    with VideoReader(job.source, job.reading) as reader:
        info, clip = reader.info, plan_clip(reader.info, job, plan)
        if job.reading.span:  # which may lie behind the end
            next(reader.frames())
    frames, encoder = info.frame_estimate, clip.encoder
    pace_s = frames and _frame_s(job, upscaler, clip)
    return ClipForecast(
        frames=frames,
        length_s=None if frames is None else float(frames / info.rate),
        height_px=encoder.coded_height,
        width_px=encoder.coded_width,
        codec=encoder.codec,
        notes=clip.notes,
        seconds=frames * pace_s if frames and pace_s else None,
    )


def _frame_s(job: VideoJob, upscaler: Upscaler, clip: ClipPlan) -> float | None:
    """Seconds a frame."""
    network_s = _network_s(upscaler, clip)
    if network_s > _LONG_S:
        return network_s
    return _whole_s(job, upscaler, clip, max(4, int(_ENOUGH_S / max(network_s, 0.01))))


def _network_s(upscaler: Upscaler, clip: ClipPlan) -> float:
    """What the network takes for a frame, by as many of its rows as need be."""
    info = clip.view.info
    rows = min(_FEWEST_ROWS, info.height)
    _strip_s(upscaler, clip.plan, rows, info.width)  # the first time is slower
    while (seconds := _strip_s(upscaler, clip.plan, rows, info.width)) < _ENOUGH_S and rows < info.height:
        rows = min(2 * rows, info.height)
    return seconds * info.height / rows


def _strip_s(upscaler: Upscaler, plan: ScalePlan, rows: int, width: int) -> float:
    # By its own factor: --size means the whole frame.
    own = ScalePlan((plan.network,), tta=plan.tta)
    noise, started_s = torch.rand(3, rows, width), time.perf_counter()
    for _, picture in enlarge(upscaler, own, [TensorSource(noise)]):
        picture.cpu()
    return time.perf_counter() - started_s


def _whole_s(job: VideoJob, upscaler: Upscaler, clip: ClipPlan, frames: int) -> float | None:
    """What all stages together take for a frame, by the first ones; None where they cannot be enlarged."""
    start_s = job.reading.span.start_s or Fraction(0)
    span = Span(start_s, start_s + frames / clip.view.info.rate)
    with tempfile.TemporaryDirectory(prefix="upscale-") as folder:
        target = Path(folder) / f"trial{job.target.suffix if '%' not in job.target.name else '.mkv'}"
        trial = replace(
            job, target=target, reading=replace(job.reading, span=span), tracks=Tracks("none", "none", span=span),
            resume=False,
        )  # fmt: skip
        watch = _Watch()
        try:
            done = upscale_video(trial, upscaler, clip.plan, watch)
        except UpscaleError:
            return None
        return (time.perf_counter() - watch.begun_s) / max(1, done.frames)


class _Watch:
    """A listener that looks at the clock."""

    begun_s = 0.0

    def begun(self, clip: Begun) -> None:
        """The first frame is next."""
        self.begun_s = time.perf_counter()

    def resumed(self, frames: int) -> None:
        """Nothing is there."""

    def kept(self, note: str) -> None:
        """Nothing is kept."""

    def enlarged(self, pixels: int) -> None:
        """One more frame is finished."""
