"""Clips with many tracks, and files joined of gray pictures and another clip's tracks: no network, few samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
from av.stream import Stream
from clips import picture
from numpy.typing import NDArray

from upscale.video.colour.layout import component_views
from upscale.video.encoding.encoder import Encoding, plan_encoder
from upscale.video.encoding.segments import Picture, write_segments
from upscale.video.reading.container import AnyPacket
from upscale.video.reading.reader import Reading, VideoReader
from upscale.video.tracks.mux import Tracks, plan_mux
from upscale.video.tracks.verify import check
from upscale.video.tracks.writer import join

if TYPE_CHECKING:
    from av.container.core import Chapter  # of the stubs alone

FONT = b"not really a font"
WORDS = ((300, 400, "one"), (900, 300, "two & more"))
MILLISECOND = Fraction(1, 1000)


@dataclass(frozen=True)
class Medley:
    """What goes into a clip beside its frames, all of it `length_s` long."""

    audio: Sequence[str] = ("aac",)
    words: str | None = "subrip"
    said: Sequence[tuple[int, int, str]] = WORDS
    videos: int = 1
    font: bool = False
    cover: bool = False
    chapters: bool = False
    length_s: Fraction = Fraction(2)
    rate: int = 8000
    layout: str = "stereo"
    audio_start_s: Fraction = Fraction(0)


def write_medley(path: Path, medley: Medley | None = None) -> Path:
    """Write such a clip."""
    medley = medley or Medley()
    with av.open(str(path), "w") as container:
        videos = [_add_video(container) for _ in range(medley.videos)]
        sounds = [_add_sound(container, codec, medley) for codec in medley.audio]
        words = container.add_mux_stream(medley.words) if medley.words else None
        if words is not None:
            words.time_base, words.metadata["language"], words.metadata["title"] = MILLISECOND, "nds", "Snack"
        if medley.font:
            container.add_attachment("font.ttf", "application/x-truetype-font", FONT)
        if medley.cover:
            container.add_attachment("cover.png", "image/png", png())
        if medley.chapters:
            container.set_chapters([_chapter(0, 0, 1000, "first"), _chapter(1, 1000, 2000, "second")])
        container.metadata["title"] = "a medley"
        for index in range(int(25 * medley.length_s)):
            frame = av.VideoFrame.from_ndarray(picture(index, 32, 48)).reformat(format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            for video in videos:
                container.mux(video.encode(frame))
        for video in videos:
            container.mux(video.encode(None))
        for number, stream in enumerate(sounds):
            _write_sound(container, stream, chirp(medley, number), medley.audio_start_s)
        for start, length, text in medley.said if words is not None else ():
            container.mux(_said(words, start, length, text))
    return path


def chirp(medley: Medley, number: int = 0) -> NDArray[np.float32]:
    """A tone that rises, so that it fits itself at one place only."""
    t = np.arange(int(medley.length_s * medley.rate)) / medley.rate
    return (0.5 * np.sin(2 * np.pi * (150 * (number + 1) * t + 200 * t**2))).astype(np.float32)


def png() -> bytes:
    """A picture's file."""
    context = av.CodecContext.create("png", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.height, context.width, context.pix_fmt, context.time_base = 8, 8, "rgb24", Fraction(1, 25)
    return b"".join(bytes(packet) for packet in context.encode(av.VideoFrame.from_ndarray(picture(0, 8, 8))))


def rejoin(
    source: Path, target: Path, tracks: Tracks | None = None, codec: str = "libx264", pix_fmt: str = "yuv420p"
) -> tuple[tuple[str, ...], list[str]]:
    """(early notes, late notes) of a file with gray pictures at the frames' times, and the source's other streams."""
    tracks = tracks or Tracks()
    with VideoReader(source, Reading(span=tracks.span)) as reader:
        encoder = plan_encoder(reader.info, 32, 64, Encoding(codec, pix_fmt=pix_fmt), target)
        plan = plan_mux(reader.info, encoder, target, tracks)
        blank = av.VideoFrame(encoder.coded_width, encoder.coded_height, encoder.layout.name)
        planes = tuple(np.zeros_like(view) for view in component_views(blank, encoder.layout))
        folder = target.with_name(target.name + ".segments")
        folder.mkdir()
        pictures = (Picture(planes, frame.pts, frame.duration) for frame in reader.frames())
        segments = list(write_segments(pictures, encoder, folder))
        joined = join(segments, plan, target)
        return plan.notes, list(check(target, plan, reader.frames_read, joined))


def heard(path: Path, stream: int = 0) -> tuple[NDArray[np.float32], int]:
    """(samples of the first channel from time 0 on, their rate), placed by their first time, then one by one."""
    with av.open(str(path)) as container:
        sound = np.zeros(0, np.float32)
        at: int | None = None
        for frame in container.decode(container.streams.audio[stream]):
            block = np.asarray(frame.to_ndarray(), np.float32)
            first = block[0] if frame.format.is_planar else block[0, :: frame.layout.nb_channels]
            begins = round(float((frame.pts or 0) * frame.time_base) * frame.sample_rate)
            if at is None or begins - at > frame.sample_rate // 30:
                at = begins
            sound = np.concatenate([sound, np.zeros(max(0, at + len(first) - len(sound)), np.float32)])
            kept = first[max(0, -at) :]
            sound[max(0, at) : max(0, at) + len(kept)] = kept
            at += len(first)
            rate = frame.sample_rate
    return sound, rate


def _add_video(container: av.container.OutputContainer) -> av.VideoStream:
    video = container.add_stream("mpeg4", rate=25)
    assert isinstance(video, av.VideoStream)
    video.height, video.width, video.pix_fmt = 32, 48, "yuv420p"
    video.codec_context.time_base = Fraction(1, 25)
    return video


def _add_sound(container: av.container.OutputContainer, codec: str, medley: Medley) -> av.AudioStream:
    stream = container.add_stream(codec, rate=medley.rate)
    assert isinstance(stream, av.AudioStream)
    stream.codec_context.layout = medley.layout
    stream.metadata["language"] = "eng"
    return stream


def _write_sound(
    container: av.container.OutputContainer, stream: av.AudioStream, samples: NDArray[np.float32], start_s: Fraction
) -> None:
    channels = stream.codec_context.layout.nb_channels
    for start in range(0, len(samples), 1024):
        block = np.ascontiguousarray(np.stack([samples[start : start + 1024]] * channels))
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=stream.codec_context.layout.name)
        rate = stream.codec_context.sample_rate
        frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
        frame.pts = start + round(start_s * rate)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _chapter(number: int, start: int, end: int, title: str) -> "Chapter":
    return {"id": number, "start": start, "end": end, "time_base": MILLISECOND, "metadata": {"title": title}}


def _said(stream: Stream, start: int, length: int, text: str) -> AnyPacket:
    packet = av.Packet(text.encode())
    packet.pts = packet.dts = start
    packet.duration, packet.time_base, packet.stream = length, MILLISECOND, stream
    packet.is_keyframe = True
    return packet
