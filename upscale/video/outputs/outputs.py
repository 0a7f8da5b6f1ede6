"""Where a clip goes, by its target's name: into one container, an animated picture, or numbered pictures."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

from upscale.atomic import replacing, sync
from upscale.errors import UsageError
from upscale.video.encoding.codecs import Kind, kind_of
from upscale.video.encoding.encoder_plan import EncoderPlan
from upscale.video.encoding.segments import Segment
from upscale.video.outputs.animation import check_animation, join_animation
from upscale.video.outputs.numbered import check_numbered, write_numbered
from upscale.video.reading.container import open_container
from upscale.video.reading.reader import VideoInfo
from upscale.video.tracks.mux import MuxPlan, Tracks, plan_mux
from upscale.video.tracks.verify import check
from upscale.video.tracks.writer import join


def plan_output(info: VideoInfo, encoder: EncoderPlan, target: Path, tracks: Tracks) -> MuxPlan:
    """Find out what the target can hold, and what is left out; UsageError where it cannot hold the video."""
    kind = kind_of(target)
    if kind == "container":
        return plan_mux(info, encoder, target, tracks)
    if kind == "animation" and encoder.codec != "png":
        raise UsageError(f"a {target.suffix} file holds no {encoder.codec}; leave -c out")
    checks = (
        check_animation(encoder, target, info.frame_estimate)
        if kind == "animation"
        else check_numbered(encoder, target)
    )
    return replace(MuxPlan(info, encoder, target, tracks), notes=(*checks, *_left_out(info, target)))


def producing(target: Path) -> AbstractContextManager[Path]:
    """The path to write to: aside of `target`, which it replaces in the end; numbered pictures replace theirs alone."""
    return nullcontext(target) if kind_of(target) == "numbered" else replacing(target)


def produce(segments: Sequence[Segment], plan: MuxPlan, aside: Path) -> Iterator[str]:
    """Make the target of its segments, on the disk for good, and say what did not arrive.

    Raises OutputError where it cannot be written, or a frame is missing in it.
    """
    kind: Kind = kind_of(plan.target)
    if kind == "numbered":
        yield from write_numbered(segments, plan.target)
        return
    if kind == "animation":
        yield from join_animation(segments, plan.encoder, plan.info.source, plan.target, aside)
    else:
        joined = join(segments, plan, aside)
        yield from check(aside, plan, sum(segment.frames for segment in segments), joined)
    # Here and not only where it is renamed: gigabytes take their time, and this thread can be left to it.
    sync(aside)


def _left_out(info: VideoInfo, target: Path) -> Iterator[str]:
    """Streams beside the video, which pictures have no place for."""
    with open_container(info.source) as source:
        kinds = [stream.type for stream in source.streams if stream.index != info.stream_index]
    spoken = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    if kinds:
        yield f"{target.suffix} holds pictures only: its other streams ({spoken}) are left out"
