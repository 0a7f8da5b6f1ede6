"""One clip from file to file: segments are made, journalled as they close, and joined.

Bounded queues keep memory the same whatever the clip's length.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import torch

from upscale.atomic import make_folder, sync_folder
from upscale.engine.crew import keeping_threads
from upscale.engine.scaling import ScalePlan
from upscale.engine.upscaler import Upscaler
from upscale.errors import BadInputError
from upscale.flow.flow import Flow
from upscale.flow.meter import Meter
from upscale.video.dedup import Dedup
from upscale.video.encoding.encoder import EncoderPlan, Encoding, plan_encoder
from upscale.video.encoding.segments import SEGMENT_FRAMES
from upscale.video.lines import Missing, Recipe, Share, add_line
from upscale.video.outputs.outputs import plan_output, produce, producing
from upscale.video.reading.identity import identify
from upscale.video.reading.reader import Reading, VideoInfo, VideoReader
from upscale.video.resume.facts import derived_facts, network_facts, option_facts, source_facts, version_facts
from upscale.video.resume.journal import Ending
from upscale.video.resume.workplace import Workplace, workplace
from upscale.video.square import as_shown
from upscale.video.tracks.mux import MuxPlan, Tracks
from upscale.video.view import View, Viewing, plan_view


@dataclass(frozen=True)
class VideoJob:
    """One clip to enlarge: from where to where, how it is read, seen and written.

    `segment_frames`: what a killed run loses at most, and how often a keyframe comes at least. `resume`: go on with
    what an earlier run has left.
    """

    source: Path
    target: Path
    encoding: Encoding = Encoding()
    reading: Reading = Reading()
    viewing: Viewing = Viewing()
    tracks: Tracks = Tracks()
    dedup: Dedup = "exact"
    resume: bool = True
    segment_frames: int = SEGMENT_FRAMES


@dataclass(frozen=True)
class Enlarged:
    """What became of a clip; the early notes were known, and told, before the first frame.

    `damage`: what is missing because the source is broken; the result holds all that could be saved.
    `resumed`: frames that an earlier run had made.
    """

    frames: int
    height_px: int
    width_px: int
    early_notes: tuple[str, ...]
    late_notes: tuple[str, ...]
    repeats: int = 0
    damage: str | None = None
    resumed: int = 0


@dataclass(frozen=True)
class ClipPlan:
    """All that is settled before a clip's first frame."""

    view: View
    plan: ScalePlan
    encoder: EncoderPlan
    mux: MuxPlan

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know before the work begins."""
        every = (*self.view.stored.notes, *self.view.notes, *self.encoder.notes, *self.mux.notes)
        return tuple(note for note in every if note)


@dataclass(frozen=True)
class Begun:
    """What is known of a clip when its first frame is next: of the result, but for `frame_estimate`."""

    frame_estimate: int | None
    height_px: int
    width_px: int
    codec: str
    notes: tuple[str, ...]


class Listener(Protocol):
    """Who is told how a clip gets on; `enlarged` is called from other threads, one at a time."""

    def begun(self, clip: Begun) -> None:
        """All checks have passed and the first frame is next."""

    def resumed(self, frames: int) -> None:
        """So many frames are there from an earlier run, 0 as a rule; none of them is told again."""

    def kept(self, note: str) -> None:
        """The run ends unfinished, and its work is kept; how to go on."""

    def enlarged(self, pixels: int) -> None:
        """One more frame is finished, of so many pixels."""


def upscale_video(
    job: VideoJob,
    upscaler: Upscaler,
    plan: ScalePlan,
    listener: Listener,
    meter: Meter | None = None,
    others: Sequence[Upscaler] = (),
) -> Enlarged:
    """Enlarge one clip; the target appears when it is complete, or not at all. `meter` counts the stages' time.

    `others`: upscalers of the same network on further devices, each of which makes segments of its own. What is left
    of a run that ends early, in whatever way, is taken up by the next one of the same job. Raises BadInputError for
    a clip that cannot be decoded, OutputError where the result cannot be written, UsageError and
    EnvironmentLackError for an encoder or container that cannot be had; those two come before the first frame.
    """
    reading = replace(job.reading, threads=job.reading.threads or _decoding_threads(upscaler.device))
    with VideoReader(job.source, reading) as reader:
        clip = plan_clip(reader.info, job, plan)
        view, plan, encoder, mux = clip.view, clip.plan, clip.encoder, clip.mux
        make_folder(job.target.parent)
        facts = _facts(job, upscaler, plan, encoder)
        with workplace(job.target, facts, resume=job.resume) as place, _telling(place, reader, listener):
            early = (*clip.notes, *place.notes)
            there = place.frames
            size_px = encoder.coded_height, encoder.coded_width
            listener.begun(Begun(reader.info.frame_estimate, *size_px, encoder.codec, early))
            listener.resumed(there)
            recipe = Recipe(view, encoder, plan, job.dedup, job.segment_frames, place.folder, listener.enlarged)
            ending = place.ending
            if ending is None:
                with ExitStack() as beside:
                    more = [beside.enter_context(VideoReader(job.source, reading)) for _ in others]
                    pairs = zip((upscaler, *others), (reader, *more), strict=True)
                    ending = _make_segments(place, recipe, list(pairs), meter)
            late = (*_join(place, mux, meter), *ending.notes)
    return Enlarged(
        frames=ending.frames,
        height_px=encoder.coded_height,
        width_px=encoder.coded_width,
        early_notes=early,
        late_notes=late,
        repeats=sum(segment.repeats for segment in place.segments.values()),
        damage=ending.damage,
        resumed=there,
    )


def plan_clip(info: VideoInfo, job: VideoJob, plan: ScalePlan) -> ClipPlan:
    """Settle how a clip is seen, enlarged, encoded and muxed, all of it tried out. Raises as `upscale_video`."""
    view, plan = as_shown(plan_view(info, job.viewing), plan)
    size_px = plan.target_size(view.info.height, view.info.width)
    encoder = plan_encoder(view.info, *size_px, job.encoding, job.target)
    return ClipPlan(view, plan, encoder, plan_output(view.info, encoder, job.target, job.tracks))


def _facts(job: VideoJob, upscaler: Upscaler, plan: ScalePlan, encoder: EncoderPlan) -> dict[str, str]:
    """What the segments depend on; what is only joined to them is not among it."""
    return {
        **source_facts(job.source),
        **option_facts([job.encoding, job.reading, job.viewing]),
        "--dedup": job.dedup,
        "--segment-frames": str(job.segment_frames),
        **network_facts(plan, upscaler),
        **version_facts(),
        **derived_facts(encoder),
    }


def _decoding_threads(device: torch.device) -> int:
    """Few where the network computes on the same cores; 0, one for each core, where it does not."""
    # A core decodes 300 to 560 MP/s of H.264, and enlarges 1.6 (espcn x2) to 22 (nearest x2) of them.
    return max(1, torch.get_num_threads() // 8) if device.type == "cpu" else 0


def _make_segments(
    place: Workplace, recipe: Recipe, pairs: Sequence[tuple[Upscaler, VideoReader]], meter: Meter | None
) -> Ending:
    """Make what is missing, by a line of stages for each pair; every segment is journalled when it is closed."""
    missing, flow = Missing(place.segments, recipe.segment_frames), Flow(meter)
    lines = [add_line(flow, recipe, upscaler, reader, Share(missing)) for upscaler, reader in pairs]
    reader = pairs[0][1]
    made = flow.run(flow.merged(lines) if len(lines) > 1 else lines[0])
    with _watching(reader.source) as check, keeping_threads(), closing(made) as segments:
        for segment in segments:
            check()
            place.add(segment)
    ending = Ending(reader.frames_read, tuple(reader.notes()), reader.damage())
    place.end(ending)
    return ending


@contextmanager
def _watching(source: Path) -> Iterator[Callable[[], None]]:
    """What was read of a file that has gone meanwhile, or is another one, must not be kept.

    The function raises BadInputError then, as does the end, and a failure to read the file.
    """
    opened = identify(source)

    def check() -> None:
        now = identify(source)
        if now != opened:
            what = "vanished" if now is None else "was changed"
            raise BadInputError(f"{source} {what} while it was read")

    try:
        yield check
    except BadInputError:
        check()
        raise
    check()


def _join(place: Workplace, mux: MuxPlan, meter: Meter | None) -> list[str]:
    """Make the target of the segments, and say what did not arrive."""
    place.check_room()
    flow = Flow(meter)
    with producing(mux.target) as aside:
        notes = list(flow.run(flow.stage("joining", produce(place.in_order(), mux, aside))))
    # Before the segments go.
    sync_folder(mux.target.parent)
    return notes


@contextmanager
def _telling(place: Workplace, reader: VideoReader, listener: Listener) -> Iterator[None]:
    """If the work inside ends early, in whatever way, say how to go on."""
    finished = False
    try:
        yield
        finished = True
    finally:
        if place.frames and not finished:
            estimate = reader.info.frame_estimate
            of = f"{place.frames:,} of about {estimate:,}" if estimate and not place.ending else f"all {place.frames:,}"
            listener.kept(f"run the same command again to go on: {of} frames are kept in {place.folder}")
