"""The finished file, opened anew: whether all is there that was written, and what the container did not keep."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from av.container import InputContainer
from av.stream import Disposition, Stream

from upscale.errors import OutputError
from upscale.video.reading.container import open_container
from upscale.video.reading.timing import window
from upscale.video.tracks.containers import MATROSKA_SUFFIXES, MP4_SUFFIXES
from upscale.video.tracks.header import cut_chapters, tags_to_keep
from upscale.video.tracks.selection import is_cover, spoken
from upscale.video.tracks.tracks import MuxPlan, Track
from upscale.video.tracks.trial import keeps_aspect
from upscale.video.tracks.writer import Joined, Written

# MP4 tells a stream's start in its movie's ticks, of which there are 90000 a second here, Matroska all in milliseconds.
_TOLERANCE_S = {
    **dict.fromkeys(MP4_SUFFIXES, Fraction(2, 90_000)),
    **dict.fromkeys(MATROSKA_SUFFIXES, Fraction(2, 1000)),
}
_COARSE_S = Fraction(1, 100)
# Of these MP4's reader cuts packets of its own.
_UNCUT = ("pcm_",)


def check(aside: Path, plan: MuxPlan, frames: int, joined: Joined) -> Iterator[str]:
    """Read the finished file once, compare it with what was written, and say what else did not arrive.

    Raises OutputError where frames are missing, or packets of another stream, or where they have other times.
    """
    with open_container(aside) as result, open_container(plan.info.source) as source:
        streams = [stream for stream in result.streams if _is_carried(stream, result)]
        pairs = dict(zip(_in_order(plan, source, joined, streams), streams, strict=False))
        found = _read(result, streams)
        _check_frames(plan, frames, found[pairs[plan.info.stream_index].index])
        yield from joined.notes
        yield from _refused(source, joined)
        yield from _left_out(plan, source, joined, pairs)
        shift_s = _shift(plan, joined.written, found, pairs)
        if shift_s:
            yield f"{plan.suffix} knows no times before 0: all of it begins {float(shift_s):.3f} s later"
        for complaint in _complaints(plan, source, joined, {i: found[s.index] for i, s in pairs.items()}, shift_s):
            # Of other containers it is known that they are not exact.
            if plan.suffix in _TOLERANCE_S:
                raise OutputError(complaint)
            yield complaint
        yield from _lost(plan, source, result, pairs)


def _in_order(plan: MuxPlan, source: InputContainer, joined: Joined, streams: Sequence[Stream]) -> list[int]:
    """The source's indices of the result's tracks; MP4 leaves out sound and pictures without a packet."""
    kinds = {index: source.streams[index].type for index in joined.written if not _is_beside(plan, source, index)}
    lacking = Counter(kinds.values()) - Counter(stream.type for stream in streams)
    return [index for index, kind in kinds.items() if joined.written[index].packets or kind not in lacking]


def _is_beside(plan: MuxPlan, source: InputContainer, index: int) -> bool:
    """Whether a stream of the source is no track of the result: an attachment, or a cover."""
    stream = source.streams[index]
    return index != plan.info.stream_index and (stream.type == "attachment" or is_cover(stream))


def _is_carried(stream: Stream, result: InputContainer) -> bool:
    """Whether it is a track of its own, and none that the muxer makes: chapters, time codes."""
    made = stream.type == "data" and (stream.name == "bin_data" or "timecode" in stream.metadata)
    return stream.type != "attachment" and not is_cover(stream) and not (made and result.format.name.startswith("mov"))


def _read(result: InputContainer, streams: Iterable[Stream]) -> dict[int, Written]:
    """What each stream holds, in one pass."""
    found = {stream.index: Written() for stream in streams}
    for packet in result.demux():
        count = found.get(packet.stream_index)
        if count is not None and packet.size:
            count.count(packet, packet.stream)
    return found


def _check_frames(plan: MuxPlan, frames: int, found: Written) -> None:
    if found.packets != frames:
        raise OutputError(
            f"{frames} frames were decoded, but {plan.suffix} holds {found.packets}; choose another codec or container"
        )


def _refused(source: InputContainer, joined: Joined) -> Iterator[str]:
    for index, count in joined.written.items():
        if count.refused:
            yield f"{count.refused} packets of its {spoken(source.streams[index])} are broken, and left out"


def _left_out(plan: MuxPlan, source: InputContainer, joined: Joined, pairs: Mapping[int, Stream]) -> Iterator[str]:
    for index, count in joined.written.items():
        if not count.packets and index not in pairs and not _is_beside(plan, source, index):
            yield f"its {spoken(source.streams[index])} has nothing in this part, and {plan.suffix} leaves it out"


def _shift(
    plan: MuxPlan, written: Mapping[int, Written], found: Mapping[int, Written], pairs: Mapping[int, Stream]
) -> Fraction:
    """How much later the whole file begins than it should; 0 where that is no more than its ticks."""
    video = plan.info.stream_index
    begins, wanted = found[pairs[video].index].first_s, written[video].first_s
    shift_s = (begins or Fraction(0)) - (wanted or Fraction(0))
    return shift_s if plan.suffix in MATROSKA_SUFFIXES and shift_s > _tolerance_s(plan) else Fraction(0)


def _tolerance_s(plan: MuxPlan) -> Fraction:
    return _TOLERANCE_S.get(plan.suffix, _COARSE_S)


def _complaints(
    plan: MuxPlan, source: InputContainer, joined: Joined, found: Mapping[int, Written], shift_s: Fraction
) -> Iterator[str]:
    """What is missing of the tracks, and what is not at its time."""
    tracks = {track.index: track for track in plan.joined}
    for index, wanted in joined.written.items():
        if _is_beside(plan, source, index):
            continue
        name = "video" if index == plan.info.stream_index else spoken(source.streams[index])
        have = found.get(index, Written())
        (one, other), unit = _compared(tracks.get(index), wanted, have)
        if one != other and not wanted.refused:
            yield f"{one} {unit} of its {name} were written, but {plan.suffix} holds {other}; choose another container"
        moved_s = _moved(wanted, have, shift_s)
        if moved_s > _tolerance_s(plan):
            yield f"{plan.suffix} moves its {name} by {float(moved_s):.3f} s; choose another container"


def _compared(track: Track | None, wanted: Written, found: Written) -> tuple[tuple[int, int], str]:
    if track is not None and track.codec.startswith(_UNCUT):
        return (wanted.size_bytes, found.size_bytes), "bytes"
    return (wanted.packets, found.packets), "packets"


def _moved(wanted: Written, found: Written, shift_s: Fraction) -> Fraction:
    """How far the first packet, or the last, is from where it should be."""
    ends = ((wanted.first_s, found.first_s), (wanted.last_s, found.last_s))
    return max((abs(b - a - shift_s) for a, b in ends if a is not None and b is not None), default=Fraction(0))


def _lost(plan: MuxPlan, source: InputContainer, result: InputContainer, pairs: Mapping[int, Stream]) -> Iterator[str]:
    """What is missing of tags, chapters, covers and the streams' own words."""
    aspect = plan.encoder.sample_aspect
    shown = result.streams.video[0].sample_aspect_ratio
    if keeps_aspect(plan.suffix, plan.encoder) and (shown or 1) != (aspect or 1):
        yield f"{plan.suffix} does not keep its pixel shape of {aspect} with {plan.encoder.codec}"
    lost = _names(tags_to_keep(source.metadata)) - _names(result.metadata)
    if lost:
        yield f"{plan.suffix} does not keep its tags {', '.join(sorted(lost))}"
    chapters = len(cut_chapters(source.chapters(), window(plan.tracks.span, source)))
    if len(result.chapters()) < chapters:
        yield f"{plan.suffix} keeps {len(result.chapters())} of its {chapters} chapters"
    for index, stream in pairs.items():
        old = source.streams[index]
        if old.type != stream.type:
            yield f"{plan.suffix} does not keep its {spoken(old)} as what it is; use .mkv"
            continue
        name = "video" if index == plan.info.stream_index else spoken(old)
        words = [*_lost_words(old, stream), *_lost_roles(old, stream)]
        if words:
            yield f"{plan.suffix} does not keep the {', '.join(words)} of its {name}"


def _lost_words(old: Stream, new: Stream) -> Iterator[str]:
    """A language or title that did not arrive; other tags of streams are mostly the muxers' own."""
    tags = {name.lower(): value for name, value in new.metadata.items()}
    for key in ("language", "title"):
        value = old.metadata.get(key)
        if value and value != "und" and value not in (tags.get(key), tags.get("handler_name")):
            yield key


def _lost_roles(old: Stream, new: Stream) -> Iterator[str]:
    lost = Disposition(old.disposition & ~new.disposition & ~Disposition.default)
    yield from (f"role '{role.name}'" for role in Disposition if role & lost)


def _names(metadata: Iterable[str]) -> set[str]:
    """Names of tags; Matroska writes them in capitals, and languages are joined to them."""
    return {name.lower() for name in metadata}
