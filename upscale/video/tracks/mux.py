"""What the target's container takes: which streams go in and how, tried out before the first frame."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Stream

from upscale.errors import UsageError
from upscale.video.encoding.encoder import EncoderPlan
from upscale.video.reading.container import ANY_BYTES, AnyPacket, open_container, reason
from upscale.video.reading.identity import identify
from upscale.video.reading.packets import packets
from upscale.video.reading.reader import VideoInfo
from upscale.video.reading.timing import Window, window
from upscale.video.tracks.containers import MATROSKA_SUFFIXES, MP4_SUFFIXES, NamedMemory, is_container
from upscale.video.tracks.header import set_up
from upscale.video.tracks.priming import can_prime
from upscale.video.tracks.selection import codec_name, is_cover, select, spoken
from upscale.video.tracks.tracks import Audio, Coder, MuxPlan, Subs, Track, Tracks
from upscale.video.tracks.trial import keeps_aspect, lost_frames

__all__ = ["Audio", "MuxPlan", "Subs", "Tracks", "plan_mux"]

# Codecs whose packets are words, which FFmpeg can write as those of another.
_TEXT_CODECS = frozenset({"subrip", "ass", "ssa", "webvtt", "mov_text", "text"})
_CODERS: dict[str, Coder] = {"aac": "aac", "opus": "libopus"}
# How far a file is searched for the first packets of its streams.
_SEARCHED_PACKETS = 1000
_SPOKEN_CODERS = {
    "aac": "AAC",
    "libopus": "Opus",
    "mov_text": "MP4's timed text, without positions and most styles",
    "srt": "SubRip",
    "webvtt": "WebVTT, without positions and most styles",
}


def plan_mux(info: VideoInfo, encoder: EncoderPlan, target: Path, tracks: Tracks) -> MuxPlan:
    """Find out what the target's container can hold, by writing headers to memory.

    UsageError where it cannot hold the video, or where `maps` name nothing; every other stream it refuses is converted
    or left out, with a note.
    """
    plan = MuxPlan(info, encoder, target, tracks, identity=identify(info.source))
    if not is_container(target.suffix):
        raise UsageError(f"{target.suffix} is no video container that FFmpeg writes; use .mp4 or .mkv")
    lost = None if target.suffix.lower() in (*MP4_SUFFIXES, *MATROSKA_SUFFIXES) else lost_frames(plan.suffix, encoder)
    if lost:
        raise UsageError(f"a {target.suffix} file does not keep what {encoder.codec} encodes ({lost}); use .mkv")
    with open_container(info.source) as source:
        cut = window(tracks.span, source)
        wanted = [_ways(stream, opening, plan, cut) for stream, opening in _openings(source, _wanted(source, plan))]
        hoped = replace(plan, joined=tuple(ways[0] for ways in wanted if ways))
        if all(wanted) and _refusal(source, hoped) is None:
            return replace(hoped, notes=tuple(_notes(source, hoped)))
        refusal = _refusal(source, plan)
        if refusal:
            raise UsageError(
                f"a {target.suffix} file cannot hold what {encoder.codec} encodes ({refusal}); "
                "choose another codec with -c, or .mkv"
            )
        notes: list[str] = []
        for stream, ways in zip(_wanted(source, plan), wanted, strict=True):
            plan, note = _with_stream(source, plan, stream, ways)
            notes += [note] if note else []
        return replace(plan, notes=(*_notes(source, plan), *notes))


def _wanted(source: InputContainer, plan: MuxPlan) -> list[Stream]:
    """The streams beside the video that the user wants."""
    left_out = {kind for kind, wish in (("audio", plan.tracks.audio), ("subtitle", plan.tracks.subs)) if wish == "none"}
    return [
        stream
        for stream in select(source, plan.tracks.maps, plan.info.source)
        if stream.index != plan.info.stream_index and stream.type not in left_out and not _is_made_anew(stream, source)
    ]


def _is_made_anew(stream: Stream, source: InputContainer) -> bool:
    """MP4 keeps chapters and time codes as tracks too; the muxer writes its own, from what is told beside them."""
    chapters = stream.name == "bin_data" and bool(source.chapters())
    return stream.type == "data" and (chapters or "timecode" in stream.metadata)


def _openings(source: InputContainer, streams: Sequence[Stream]) -> "Iterator[tuple[Stream, AnyPacket | None]]":
    """Each stream with its first packet, as far as one is found soon: when it begins, and a cover's picture."""
    first: dict[int, AnyPacket] = {}
    missing = {stream.index for stream in streams if stream.type == "audio" or is_cover(stream)}
    for packet in islice(packets(source) if missing else (), _SEARCHED_PACKETS):
        first.setdefault(packet.stream_index, packet)
        if missing <= set(first):
            break
    return ((stream, first.get(stream.index)) for stream in streams)


def _ways(stream: Stream, opening: "AnyPacket | None", plan: MuxPlan, cut: Window) -> list[Track]:
    """How a stream could go into the file, the best way first; none where there is no such thing."""
    copied = Track(stream.index, stream.type, codec_name(stream))
    if is_cover(stream):
        # Matroska's covers are attachments, shown as video by FFmpeg; WebM has none, and QuickTime's are not written.
        content = bytes(opening) if opening is not None else b""
        if plan.suffix == ".mkv":
            return [replace(copied, cover=content)] if content else []
        return [copied] if plan.suffix in (".mp4", ".m4v") else []
    if stream.type == "subtitle" and copied.codec in _TEXT_CODECS:
        return [copied, replace(copied, coder=_text_coder(plan.suffix))]
    if isinstance(stream, av.AudioStream):
        anew = replace(copied, coder=_CODERS.get(plan.tracks.audio) or _audio_coder(plan.suffix))
        return [anew] if plan.tracks.audio != "copy" else [_primed(copied, stream, opening, plan, cut), anew]
    return [copied]


def _primed(copied: Track, stream: av.AudioStream, opening: "AnyPacket | None", plan: MuxPlan, cut: Window) -> Track:
    """Told to Matroska, if need be, how long before time 0 the stream begins."""
    if opening is None or opening.pts is None or cut.start_s is not None:
        return copied
    early_s = cut.shift_s - opening.pts * opening.time_base
    if early_s <= 0 or plan.suffix not in MATROSKA_SUFFIXES or not can_prime(stream):
        return copied
    return replace(copied, early_s=early_s)


def _audio_coder(suffix: str) -> Coder:
    return "libopus" if suffix in MATROSKA_SUFFIXES else "aac"


def _text_coder(suffix: str) -> Coder:
    if suffix == ".webm":
        return "webvtt"
    return "mov_text" if suffix in MP4_SUFFIXES else "srt"


def _with_stream(
    source: InputContainer, plan: MuxPlan, stream: Stream, ways: Sequence[Track]
) -> tuple[MuxPlan, str | None]:
    """The plan with one more stream, in the first way that the container takes, and what the user should know."""
    for way in ways:
        wider = replace(plan, joined=(*plan.joined, way))
        if _refusal(source, wider) is None:
            return wider, _converted_note(stream, way, plan) if way is not ways[0] else None
    advice = "; --container mkv keeps it" if plan.suffix != ".mkv" and _fits_matroska(source, plan, stream) else ""
    return plan, f"a {plan.target.suffix} file cannot hold its {spoken(stream)}; it is left out{advice}"


def _fits_matroska(source: InputContainer, plan: MuxPlan, stream: Stream) -> bool:
    way = Track(stream.index, stream.type, codec_name(stream), cover=b"-" if is_cover(stream) else None)
    return _refusal(source, replace(plan, target=plan.target.with_suffix(".mkv"), joined=(way,))) is None


def _converted_note(stream: Stream, way: Track, plan: MuxPlan) -> str:
    result = _SPOKEN_CODERS[way.coder or ""]
    return f"a {plan.target.suffix} file cannot hold its {spoken(stream)}; it is converted to {result}"


def _notes(source: InputContainer, plan: MuxPlan) -> Iterator[str]:
    """What is not as it was, or not as the main video, although all goes in."""
    yield from _aspect_note(plan)
    for track in plan.joined:
        if track.kind == "video" and not is_cover(source.streams[track.index]):
            out = f"--map -0:{track.index} leaves it out"
            yield f"its other video, stream {track.index}, is copied as it is, not enlarged; {out}"


def _aspect_note(plan: MuxPlan) -> Iterator[str]:
    aspect = plan.encoder.sample_aspect
    if aspect is not None and not keeps_aspect(plan.suffix, plan.encoder):
        yield (
            f"a {plan.target.suffix} file does not keep its pixel shape of {aspect} with {plan.encoder.codec}: players "
            f"will show it too {'narrow' if aspect > 1 else 'wide'}; use .mp4, or --square-pixels"
        )


def _refusal(source: InputContainer, plan: MuxPlan) -> str | None:
    """Why a file cannot be begun with these streams; None where it can."""
    try:
        with av.open(NamedMemory(f"x{plan.suffix}"), "w", metadata_errors=ANY_BYTES) as probe:
            set_up(probe, source, plan)
    except (av.FFmpegError, ValueError) as error:
        return reason(error) if isinstance(error, av.FFmpegError) else str(error)
    return None
