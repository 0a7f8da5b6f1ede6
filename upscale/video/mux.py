"""What the target's container takes: its streams, tags and chapters, tried out before the first frame."""

import io
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal, cast

import av
from av.container import InputContainer, OutputContainer
from av.stream import Stream

from upscale.errors import UsageError
from upscale.video.container import ANY_BYTES, open_container, reason
from upscale.video.encoder import EncoderPlan, configure
from upscale.video.reader import VideoInfo
from upscale.video.timing import Span

# What the muxer writes itself, and what would be wrong of other pictures.
_STALE_TAGS = ("MAJOR_BRAND", "MINOR_VERSION", "COMPATIBLE_BRANDS", "ENCODER")
_STALE_COUNTS = ("BPS", "NUMBER_OF_", "DURATION", "_STATISTICS_")
MP4_SUFFIXES = (".mp4", ".m4v", ".mov")
Audio = Literal["copy", "aac", "none"]
Subs = Literal["copy", "none"]
# Transparent for nearly all material in AAC-LC.
_AAC_BITS_PER_CHANNEL = 96_000


@dataclass(frozen=True)
class Tracks:
    """What becomes of the streams beside the video. `maps`: the streams to take, in FFmpeg's words (0:a:1, 0:s)."""

    audio: Audio = "copy"
    subs: Subs = "copy"
    maps: tuple[str, ...] = ()
    span: Span = Span()


@dataclass(frozen=True)
class MuxPlan:
    """What goes into a file: the new video, and which streams of the source, by index, are copied to it."""

    info: VideoInfo
    encoder: EncoderPlan
    target: Path
    tracks: Tracks
    copied: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def suffix(self) -> str:
        """What names the container."""
        return self.target.suffix.lower()


class _NamedMemory(io.BytesIO):
    """A file in memory; FFmpeg chooses the container by its name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


def plan_mux(info: VideoInfo, encoder: EncoderPlan, target: Path, tracks: Tracks) -> MuxPlan:
    """Find out what the target's container can hold, by writing headers to memory.

    UsageError where it cannot hold the video; every other stream it refuses is left out, with a note.
    """
    plan = MuxPlan(info, encoder, target, tracks)
    if not _is_container(target.suffix):
        raise UsageError(f"{target.suffix} is no video container that FFmpeg writes; use .mp4 or .mkv")
    with open_container(info.source) as source:
        refusal = _refusal(source, plan)
        if refusal:
            raise UsageError(
                f"a {target.suffix} file cannot hold what {encoder.codec} encodes ({refusal}); "
                "choose another codec with -c, or .mkv"
            )
        notes = []
        for stream in source.streams:
            if stream.index == info.stream_index or (tracks.audio == "none" and stream.type == "audio"):
                continue
            if _is_chapter_track(stream, source):
                continue
            wider = replace(plan, copied=(*plan.copied, stream.index))
            if _refusal(source, wider):
                notes.append(f"a {target.suffix} file cannot hold its {_spoken(stream)}; it is left out")
            else:
                plan = wider
    return replace(plan, notes=tuple(notes))


def _is_container(suffix: str) -> bool:
    try:
        av.open(_NamedMemory(f"x{suffix}"), "w").close()
    except (av.FFmpegError, ValueError):
        return False
    return True


def _refusal(source: InputContainer, plan: MuxPlan) -> str | None:
    """Why a file cannot be begun with these streams; None where it can."""
    try:
        with av.open(_NamedMemory(f"x{plan.suffix}"), "w", metadata_errors=ANY_BYTES) as probe:
            set_up(probe, source, plan)
    except (av.FFmpegError, ValueError) as error:
        return reason(error) if isinstance(error, av.FFmpegError) else str(error)
    return None


def set_up(output: OutputContainer, source: InputContainer, plan: MuxPlan) -> dict[int, Stream]:
    """Add all streams and write the header; the new streams by the source's index."""
    output.metadata.update(tags_to_keep(source))
    old = source.streams[plan.info.stream_index]
    # The encoder inside only gives the header its parameter sets; its options are the segments' own.
    video = cast(av.VideoStream, output.add_stream(plan.encoder.codec, rate=plan.encoder.rate))
    configure(video.codec_context, plan.encoder)
    video.time_base = plan.encoder.time_base
    if video.codec.canonical_name == "hevc" and plan.suffix in MP4_SUFFIXES:
        video.codec_context.codec_tag = "hvc1"  # the only tag Apple's players take
    video.set_display_matrix(_scaled_matrix(plan))
    _describe(video, old, _kept(old.metadata, _STALE_TAGS + _STALE_COUNTS))
    streams: dict[int, Stream] = {old.index: video}
    for index in plan.copied:
        template = source.streams[index]
        if plan.tracks.audio == "aac" and isinstance(template, av.AudioStream):
            streams[index] = _add_aac(output, template)
        else:
            streams[index] = output.add_stream_from_template(template, opaque=True)
        _describe(streams[index], template, dict(template.metadata))
    output.set_chapters(source.chapters())
    output.start_encoding()
    return streams


def _add_aac(output: OutputContainer, template: av.AudioStream) -> av.AudioStream:
    """A stream that encodes sound anew, at the source's rate and with its channels."""
    old = template.codec_context
    stream = output.add_stream("aac", rate=old.sample_rate)
    stream.codec_context.layout = old.layout
    stream.codec_context.bit_rate = _AAC_BITS_PER_CHANNEL * old.channels
    return stream


def _is_chapter_track(stream: Stream, source: InputContainer) -> bool:
    """MP4 keeps chapters as a text track too; the muxer writes its own."""
    return stream.type == "data" and stream.name == "bin_data" and bool(source.chapters())


def _describe(stream: Stream, old: Stream, metadata: dict[str, str]) -> None:
    stream.metadata.update(metadata)
    stream.disposition = old.disposition


def tags_to_keep(source: InputContainer) -> dict[str, str]:
    """The file's own tags, less what the muxer writes itself."""
    return _kept(source.metadata, _STALE_TAGS)


def _kept(metadata: dict[str, str], stale: tuple[str, ...]) -> dict[str, str]:
    return {key: value for key, value in metadata.items() if not key.upper().startswith(stale)}


def _scaled_matrix(plan: MuxPlan) -> tuple[int, ...] | None:
    """The display matrix with its shift, which is in pixels, enlarged too."""
    matrix = plan.info.display_matrix
    if matrix is None:
        return None
    factor = Fraction(plan.encoder.height, plan.info.height)
    return (*matrix[:6], round(matrix[6] * factor), round(matrix[7] * factor), matrix[8])


def _spoken(stream: Stream) -> str:
    """A stream in words: `pgssub subtitle stream`."""
    name = stream.name if stream.type in ("data", "attachment") else stream.codec_context and stream.codec_context.name
    return f"{name or 'unknown'} {stream.type} stream"
