"""GIF, animated WebP and APNG of a clip's frames, which wait as PNGs in their segments."""

import sys
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np

from upscale.errors import BadInputError, OutputError, UsageError, reason
from upscale.images.animated_reader import frames as frames_of
from upscale.images.animated_writer import write
from upscale.images.animation import Animation
from upscale.images.encoding import Encoding
from upscale.images.formats import TARGETS, format_of_name
from upscale.images.image_io import read_frames
from upscale.images.picture import Picture, RowPicture, Samples
from upscale.video.encoding.codecs import ANIMATIONS
from upscale.video.encoding.encode import as_packet
from upscale.video.encoding.encoder_plan import EncoderPlan
from upscale.video.encoding.segments import Segment, read_records

# Hundredths of a second; less is taken for a mistake and shown for 0.1 s, by browsers and FFmpeg alike.
_SHORTEST_SHOWN = 2
_UNITS_PER_S = {"gif": 100, "webp": 1000}
# libvips takes all frames of a GIF as one picture, under each other: its VIPS_MAX_COORD.
_MOST_ROWS = 100_000_000


def check_animation(encoder: EncoderPlan, target: Path, frame_estimate: int | None) -> Iterator[str]:
    """What an animation does not keep of a picture, a sentence each. UsageError for pictures that it cannot hold."""
    name = _format(target)
    limit = TARGETS[name].limit_px
    if limit and max(encoder.height, encoder.width) > limit:
        raise UsageError(f"{name} ends at {limit} pixels a side, the result has {encoder.width}x{encoder.height}")
    if name == "gif" and encoder.height * (frame_estimate or 0) > _MOST_ROWS:
        raise UsageError(
            f"{frame_estimate} frames of {encoder.height} rows are more than a GIF is written with; use .webp"
        )
    if name == "gif":
        yield "gif has 256 colours a frame; .webp and .png keep all"


def join_animation(
    segments: Sequence[Segment], encoder: EncoderPlan, source: Path, target: Path, aside: Path
) -> Iterator[str]:
    """Write the animation to `aside`, as often repeated as `source` is, and say how its times differ.

    Raises OutputError where it cannot be written, or a frame is missing.
    """
    animation = Animation(_delays_s(segments, encoder.time_base), _plays(source))
    alpha = np.zeros((encoder.height, encoder.width, 1), np.uint8) if encoder.layout.has_alpha else None
    like = Picture(np.zeros((encoder.height, encoder.width, 3), np.uint8), alpha, animation=animation)
    picture = RowPicture(like, encoder.height, encoder.width, ())
    try:
        write(aside, _frames(segments, encoder), picture, _format(target), Encoding())
        # Every pixel counts that the encoder was given: what came through it is no surprise.
        written = sum(1 for _ in frames_of(aside.read_bytes(), _format(target), sys.maxsize))
    except (OutputError, BadInputError) as error:
        raise OutputError(f"cannot write {target}: {error}") from error
    except OSError as error:
        raise OutputError(f"cannot write {target}: {reason(error)}") from error
    if written != animation.frames:
        raise OutputError(f"{animation.frames} frames were decoded, but {target.suffix} holds {written}")
    yield from _time_notes(animation, _format(target))


def _plays(source: Path) -> int:
    """How often an animation is shown; all else is shown without end."""
    if source.suffix.lower() not in ANIMATIONS:
        return 0
    try:
        first = next(read_frames(source), None)
    except BadInputError:  # what could be saved of it is shown without end
        return 0
    return first.animation.plays if first is not None and first.animation is not None else 0


def _time_notes(animation: Animation, name: str) -> Iterator[str]:
    units = _UNITS_PER_S.get(name)
    if units and any((delay_s * units).denominator != 1 for delay_s in animation.delays_s):
        yield f"{name} counts in 1/{units} s: frames come up to {500 / units:g} ms early or late, without adding up"
    short = sum(delay < _SHORTEST_SHOWN for delay in animation.delays(100)) if name == "gif" else 0
    if short:
        yield f"frames that take less than 0.02 s: {short}; that most players stretch to 0.1 s in a gif"


def _format(target: Path) -> str:
    name = format_of_name(target)
    assert name is not None  # the caller has looked
    return name


def _delays_s(segments: Sequence[Segment], time_base: Fraction) -> tuple[Fraction, ...]:
    """How long each frame is shown: until the next one comes, the last as long as it says."""
    records = [record for segment in segments for record in read_records(segment.path, with_content=False)]
    shown = ((after.pts - before.pts) * time_base for before, after in pairwise(records))
    return (*shown, records[-1].duration * time_base)


def _frames(segments: Sequence[Segment], encoder: EncoderPlan) -> Iterator[Samples]:
    """Decoded, one at a time. Shape: (height, width, 3 or 4), uint8."""
    decoder = av.Codec("png", "r").create("video")
    # PNGs come in the order they are shown; threads would hold them back.
    decoder.thread_count = 1
    for segment in segments:
        for record in read_records(segment.path, with_content=True):
            for frame in decoder.decode(as_packet(record)):
                yield frame.to_ndarray(format=encoder.layout.name)
