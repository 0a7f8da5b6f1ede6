"""Clips as pictures: frames of the same moments, decoded as `upscale video` sees them.

Frames and not players. Players show motion, but only in browsers that have the codec (H.264 is missing in some builds
of Chromium, HEVC and ProRes in most), in their own colours, never quite in step, and without differences of pixels.
Frames serve all clips, HDR and turned ones too, through the same sliders and metrics as pictures.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import torch
from av.container import InputContainer

from upscale.compare.shown import Pixels, resized
from upscale.video.frame_source import FrameSource
from upscale.video.reading.container import main_video, open_container
from upscale.video.reading.packets import packets
from upscale.video.reading.reader import Frame, Reading, VideoInfo, VideoReader
from upscale.video.reading.timing import Span, before_zero_s, origin_s
from upscale.video.tracks.containers import square_size
from upscale.video.view import View, Viewing, plan_view

_VIEWING = Viewing(hdr="tonemap", rotation="apply")


@dataclass(frozen=True)
class Moment:
    """Frames that are shown at the same time, one of each clip."""

    seconds: Fraction
    frames: tuple[Pixels, ...]


def moments(clips: Sequence[Path], count: int) -> Iterator[Moment]:
    """So many moments, evenly spread over the shortest clip; fewer where that has fewer frames.

    Raises BadInputError for what is no clip, and UsageError where a clip ends before it says it does.
    """
    lengths = [_length(clip) for clip in clips]
    # No clip ends before that, whenever each begins.
    start_s, length_s = min(length.start_s for length in lengths), min(length.seconds for length in lengths)
    count = min(count, *(length.frames for length in lengths))
    # Containers round times: the other clips' frames may begin a little earlier than the first one's.
    early_s = min(length.frame_s for length in lengths) / 4
    for index in range(count):
        # The middle of each part; where every frame is shown, its beginning.
        middle_s = start_s + length_s * (2 * index + 1) / (2 * count) - lengths[0].frame_s / 2
        at_s, first = _frame(clips[0], max(Fraction(0), middle_s - early_s))
        others = [_frame(clip, max(Fraction(0), at_s - early_s))[1] for clip in clips[1:]]
        yield Moment(at_s, (first, *others))


@dataclass(frozen=True)
class _Length:
    """`start_s`: how long after its file a video begins."""

    frames: int
    seconds: Fraction
    start_s: Fraction = Fraction(0)

    @property
    def frame_s(self) -> Fraction:
        """How long a frame is shown, on average."""
        return self.seconds / self.frames


def _length(clip: Path) -> _Length:
    """Of the video alone, for its sound may be longer; of an animated WebP all frames are decoded."""
    with VideoReader(clip, Reading(hwaccel="none")) as reader:
        info = reader.info
        if info.frame_estimate is not None:
            return _stated(info) or _measured(info)
        times = [(frame.pts, frame.duration) for frame in reader.frames()]
    last, duration = times[-1]
    return _Length(len(times), (last + duration - times[0][0]) * info.time_base)


def _stated(info: VideoInfo) -> _Length | None:
    """As the header counts the video's own frames, if it does."""
    with open_container(info.source) as container:
        stream = main_video(container, info.source)
        if not stream.frames:
            return None
        return _Length(stream.frames, stream.frames / info.rate, _start_s(container, stream))


def _measured(info: VideoInfo) -> _Length:
    """As its packets say, all of which are read; where they have no times, the rate counts."""
    starts: list[Fraction] = []
    frames, end_s = 0, Fraction(0)
    with open_container(info.source) as container:
        start_s = _start_s(container, main_video(container, info.source))
        for packet in packets(container):
            if packet.stream_index != info.stream_index:
                continue
            frames += 1
            at = packet.dts if packet.pts is None else packet.pts
            if at is not None:
                starts.append(at * packet.time_base)
                end_s = max(end_s, starts[-1] + ((packet.duration or 0) * packet.time_base or 1 / info.rate))
    return _Length(frames, end_s - min(starts) if starts else frames / info.rate, start_s)


def _start_s(container: InputContainer, stream: av.VideoStream) -> Fraction:
    begins_s = (stream.start_time or 0) * (stream.time_base or Fraction(1)) + before_zero_s(container)
    return max(Fraction(0), begins_s - origin_s(container))


def _frame(clip: Path, from_s: Fraction) -> tuple[Fraction, Pixels]:
    """The first frame that begins then or later: when, in seconds, and what it shows, its pixels square."""
    with VideoReader(clip, Reading(Span(from_s), hwaccel="none")) as reader:
        view = plan_view(reader.info, _VIEWING)
        frame = next(reader.frames())
        return from_s + frame.pts * reader.info.time_base, _squared(_pixels(frame, view), view.info)


def _pixels(frame: Frame, view: View) -> Pixels:
    rgb = FrameSource(frame, view, torch.device("cpu"), lambda: None).rgb
    codes = rgb.clamp(0, 1).mul(255).round().to(torch.uint8)
    pixels: Pixels = codes.permute(1, 2, 0).contiguous().numpy()
    return pixels


def _squared(pixels: Pixels, info: VideoInfo) -> Pixels:
    if info.sample_aspect in (None, 0, 1):
        return pixels
    return resized(pixels, *square_size(info.height, info.width, info.sample_aspect))
