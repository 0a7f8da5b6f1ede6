"""The beginning of a file: all its streams with their tags, and the chapters."""

from collections.abc import Mapping
from contextlib import ExitStack
from fractions import Fraction
from typing import TYPE_CHECKING, cast

import av
from av.container import InputContainer, OutputContainer
from av.stream import Stream

from upscale.video.encoding.encoder import configure
from upscale.video.reading.timing import Window, window
from upscale.video.tracks.containers import MP4_SUFFIXES
from upscale.video.tracks.priming import primed
from upscale.video.tracks.sound import add_sound
from upscale.video.tracks.subtitles import add_text
from upscale.video.tracks.tracks import MuxPlan, Track

if TYPE_CHECKING:
    from av.container.core import Chapter  # of the stubs alone

# What the muxer writes itself, and what would be wrong of other pictures.
_STALE_TAGS = ("MAJOR_BRAND", "MINOR_VERSION", "COMPATIBLE_BRANDS", "ENCODER", "ALPHA_MODE")
_STALE_COUNTS = ("BPS", "NUMBER_OF_", "DURATION", "_STATISTICS_")


def set_up(output: OutputContainer, source: InputContainer, plan: MuxPlan) -> dict[int, Stream]:
    """Add all streams and write the header; the new streams by the source's index, attachments among them."""
    output.metadata.update(tags_to_keep(source.metadata))
    streams: dict[int, Stream] = {}
    for track in _in_order(plan):
        stream = _add_video(output, plan) if track is None else _add_track(output, source, track)
        index = plan.info.stream_index if track is None else track.index
        old = source.streams[index]
        kept = tags_to_keep(old.metadata, counts=track is None or track.coder is not None or _is_cut(plan))
        stream.metadata.update(kept)
        _name(stream, plan.suffix)
        stream.disposition = old.disposition
        streams[index] = stream
    output.set_chapters(cut_chapters(source.chapters(), window(plan.tracks.span, source)))
    output.start_encoding()
    return streams


def _name(stream: Stream, suffix: str) -> None:
    """MP4 keeps a stream's title as its handler's name, where FFmpeg's own handlers have nothing to say."""
    title = stream.metadata.get("title")
    if title and suffix in MP4_SUFFIXES:
        stream.metadata["handler_name"] = title


def tags_to_keep(metadata: Mapping[str, str], *, counts: bool = False) -> dict[str, str]:
    """Tags less what the muxer writes itself; with `counts` less what is said of the number and size of packets."""
    stale = _STALE_TAGS + (_STALE_COUNTS if counts else ())
    return {key: value for key, value in metadata.items() if not key.upper().startswith(stale)}


def cut_chapters(chapters: "list[Chapter]", window: Window) -> "list[Chapter]":
    """The chapters that touch the window, their times within it."""
    return [cut for chapter in chapters if (cut := _cut_chapter(chapter, window)) is not None]


def _cut_chapter(chapter: "Chapter", window: Window) -> "Chapter | None":
    tick = chapter["time_base"] or Fraction(1, av.time_base)
    start_s, end_s = chapter["start"] * tick, chapter["end"] * tick
    start_s = start_s if window.start_s is None else max(start_s, window.start_s)
    end_s = end_s if window.end_s is None else min(end_s, window.end_s)
    if end_s <= start_s and (window.start_s, window.end_s) != (None, None):
        return None
    return {**chapter, "start": round((start_s - window.shift_s) / tick), "end": round((end_s - window.shift_s) / tick)}


def _is_cut(plan: MuxPlan) -> bool:
    return bool(plan.tracks.span)


def _in_order(plan: MuxPlan) -> list[Track | None]:
    """The tracks as the source, or the user, orders them; None is the video, which was there before what follows it."""
    if plan.tracks.maps:
        return [None, *plan.joined]
    before = [track for track in plan.joined if track.index < plan.info.stream_index]
    return [*before, None, *plan.joined[len(before) :]]


def _add_video(output: OutputContainer, plan: MuxPlan) -> av.VideoStream:
    # The encoder inside only gives the header its parameter sets; its options are the segments' own.
    video = cast(av.VideoStream, output.add_stream(plan.encoder.codec, rate=plan.encoder.rate))
    configure(video.codec_context, plan.encoder)
    video.time_base = plan.encoder.time_base
    _tag_hevc(video, plan.suffix)
    video.set_display_matrix(_scaled_matrix(plan))
    if plan.encoder.layout.has_alpha and video.codec.canonical_name in ("vp8", "vp9"):
        video.metadata["alpha_mode"] = "1"  # there is transparency beside the packets
    return video


def _add_track(output: OutputContainer, source: InputContainer, track: Track) -> Stream:
    """A stream for one of the source's, in the track's way."""
    template = source.streams[track.index]
    if track.cover is not None:
        kind = {"mjpeg": "jpeg"}.get(track.codec, track.codec)
        name = template.metadata.get("filename") or f"cover.{kind.replace('jpeg', 'jpg')}"
        return output.add_attachment(name, template.metadata.get("mimetype") or f"image/{kind}", track.cover)
    if isinstance(template, av.AudioStream) and track.coder is not None:
        return add_sound(output, template, track.coder)
    if isinstance(template, av.subtitles.stream.SubtitleStream) and track.coder is not None:
        return add_text(output, template, track.coder)
    with ExitStack() as stack:
        if track.early_s and isinstance(template, av.AudioStream):
            template = stack.enter_context(primed(template, track.early_s))
        stream = output.add_stream_from_template(template, opaque=True)
    if isinstance(stream, av.VideoStream):
        _tag_hevc(stream, f".{output.format.name}")
    return stream


def _tag_hevc(video: av.VideoStream, suffix: str) -> None:
    if video.codec.canonical_name == "hevc" and suffix in MP4_SUFFIXES:
        video.codec_context.codec_tag = "hvc1"  # the only tag Apple's players take


def _scaled_matrix(plan: MuxPlan) -> tuple[int, ...] | None:
    """The display matrix with its shift, which is in pixels, enlarged too."""
    matrix = plan.info.display_matrix
    if matrix is None:
        return None
    factor = Fraction(plan.encoder.height, plan.info.height)
    return (*matrix[:6], round(matrix[6] * factor), round(matrix[7] * factor), matrix[8])
