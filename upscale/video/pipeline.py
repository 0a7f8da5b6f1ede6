"""One clip from file to file: decode | planes to RGB, network, RGB to planes | encode and join, in a thread each.

Bounded queues keep memory the same whatever the clip's length.
"""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from upscale.atomic import make_folder, replacing, sync
from upscale.engine.enlarge import enlarge
from upscale.engine.scaling import ScalePlan
from upscale.engine.upscaler import Upscaler
from upscale.flow.flow import Flow
from upscale.flow.meter import Meter
from upscale.video.colour import rgb_to_planes
from upscale.video.dedup import Dedup, Repeats
from upscale.video.encoder import EncoderPlan, Encoding, even_note, plan_encoder
from upscale.video.mux import MuxPlan, Tracks, plan_mux
from upscale.video.reader import Reading, VideoReader
from upscale.video.segments import SEGMENT_FRAMES, Picture, write_segments
from upscale.video.view import FrameSource, Viewing, plan_view
from upscale.video.writer import check, join

# Frames waiting on either side of the network: enough to cover a keyframe's cost, few enough for 8K.
_AHEAD = 4


@dataclass(frozen=True)
class VideoJob:
    """One clip to enlarge: from where to where, how it is read, seen and written."""

    source: Path
    target: Path
    encoding: Encoding = Encoding()
    reading: Reading = Reading()
    viewing: Viewing = Viewing()
    tracks: Tracks = Tracks()
    dedup: Dedup = "exact"
    resume: bool = True


@dataclass(frozen=True)
class Enlarged:
    """What became of a clip; the early notes were known, and told, before the first frame.

    `damage`: what is missing because the source is broken; the result holds all that could be saved.
    """

    frames: int
    height_px: int
    width_px: int
    early_notes: tuple[str, ...]
    late_notes: tuple[str, ...]
    repeats: int = 0
    damage: str | None = None


class Listener(Protocol):
    """Who is told how a clip gets on; `enlarged` is called from the network's thread."""

    def begun(self, frame_estimate: int | None, notes: tuple[str, ...]) -> None:
        """All checks have passed and the first frame is next."""

    def enlarged(self, pixels: int) -> None:
        """One more frame is finished, of so many pixels."""


def upscale_video(
    job: VideoJob, upscaler: Upscaler, plan: ScalePlan, listener: Listener, meter: Meter | None = None
) -> Enlarged:
    """Enlarge one clip; the target appears when it is complete, or not at all. `meter` counts the stages' time.

    Raises BadInputError for a clip that cannot be decoded to its end, OutputError where the result cannot be
    written, UsageError and EnvironmentLackError for an encoder or container that cannot be had; those two come
    before the first frame is computed.
    """
    reading = replace(job.reading, threads=job.reading.threads or _decoding_threads(upscaler.device))
    with VideoReader(job.source, reading) as reader:
        view = plan_view(reader.info, job.viewing)
        encoder = plan_encoder(view.info, *plan.target_size(view.info.height, view.info.width), job.encoding)
        mux = plan_mux(view.info, encoder, job.target, job.tracks)
        early = tuple(note for note in (*reader.info.notes, *view.notes, even_note(encoder), *mux.notes) if note)
        listener.begun(reader.info.frame_estimate, early)
        flow, repeats = Flow(meter), Repeats(job.dedup, SEGMENT_FRAMES)
        frames = flow.stage("reading", repeats.unique(reader.frames()), depth=_AHEAD)
        sources = (FrameSource(frame, view, upscaler.device, flow.control.check) for frame in frames)
        pictures = flow.stage("network", _pictures(enlarge(upscaler, plan, sources), encoder, listener), depth=_AHEAD)
        make_folder(job.target.parent)
        with replacing(job.target) as aside, _segment_folder(job.target) as folder:
            notes = flow.stage("writing", _written(repeats.restored(pictures), reader, mux, folder, aside))
            late = (*flow.run(notes), *reader.notes())
        return Enlarged(
            reader.frames_read,
            encoder.coded_height,
            encoder.coded_width,
            early,
            late,
            repeats.found,
            reader.damage(),
        )


def _decoding_threads(device: torch.device) -> int:
    """Few where the network computes on the same cores; 0, one for each core, where it does not."""
    # A core decodes 300 to 560 MP/s of H.264, and enlarges 1.6 (espcn x2) to 22 (nearest x2) of them.
    return max(1, torch.get_num_threads() // 8) if device.type == "cpu" else 0


def _pictures(
    enlarged: Iterable[tuple[FrameSource, Tensor]], encoder: EncoderPlan, listener: Listener
) -> Iterator[Picture]:
    """Integer planes in the computer's memory, ready for the encoder."""
    below, right = encoder.coded_height - encoder.height, encoder.coded_width - encoder.width
    for source, rgb in enlarged:
        padded = F.pad(rgb, (0, right, 0, below), mode="replicate") if below or right else rgb
        planes = rgb_to_planes(padded, encoder.layout, encoder.colour)
        yield Picture(tuple(plane.cpu().numpy() for plane in planes), source.frame.pts, source.frame.duration)
        listener.enlarged(padded.shape[1] * padded.shape[2])


def _written(
    pictures: Iterable[Picture], reader: VideoReader, mux: MuxPlan, folder: Path, aside: Path
) -> Iterator[str]:
    """Encode all, join the segments into `aside`, and say what did not arrive."""
    segments = list(write_segments(pictures, mux.encoder, folder))
    join(segments, mux, aside)
    yield from check(aside, mux, reader.frames_read)
    # Here and not only where it is renamed: gigabytes take their time, and this thread can be left to it.
    sync(aside)


@contextmanager
def _segment_folder(target: Path) -> Iterator[Path]:
    """A folder beside the target, on the same disk, gone when the work ends in whatever way."""
    prefix = f".{target.stem[:80]}."
    # A thread that was left to itself may still write there, which Windows and NFS hold against removing it.
    with tempfile.TemporaryDirectory(".segments", prefix, target.parent, ignore_cleanup_errors=True) as folder:
        yield Path(folder)
