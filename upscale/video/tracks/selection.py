"""Which of a clip's streams are wanted, in FFmpeg's words for -map: 0:a:1, a:m:language:eng, -0:s, 0:3."""

from collections.abc import Sequence
from pathlib import Path

from av.container import InputContainer
from av.stream import Disposition, Stream

from upscale.errors import UsageError

_TYPES = {"v": "video", "a": "audio", "s": "subtitle", "d": "data", "t": "attachment"}


def select(source: InputContainer, maps: Sequence[str], name: Path) -> list[Stream]:
    """The wanted streams, each once: all without `maps`; else what they name, in their order.

    A leading - takes streams away (from all of them, where nothing was named before), if there are any; a trailing ?
    allows that there is none. Raises UsageError for words that name nothing, saying which streams `name` has.
    """
    chosen = list(source.streams) if all(word.startswith("-") for word in maps) else []
    for word in maps:
        named = _named(source, word)
        if not named and not word.startswith("-") and not word.endswith("?"):
            raise UsageError(f"--map {word} names no stream of {name}; it has {_listed(source)}")
        if word.startswith("-"):
            chosen = [stream for stream in chosen if stream not in named]
        else:
            chosen += [stream for stream in named if stream not in chosen]
    return chosen


def spoken(stream: Stream) -> str:
    """A stream in words: `pgssub subtitle stream`."""
    return f"{codec_name(stream)} {stream.type} stream"


def codec_name(stream: Stream) -> str:
    """The codec's name; of an attachment, the file's."""
    if stream.type in ("data", "attachment"):
        return stream.name or "unknown"
    context = stream.codec_context
    return context.codec.canonical_name if context is not None else "unknown"


def is_cover(stream: Stream) -> bool:
    """Whether it is a picture to show beside the clip."""
    return bool(stream.disposition & Disposition.attached_pic)


def _named(source: InputContainer, word: str) -> list[Stream]:
    head, *rest = word.removeprefix("-").removesuffix("?").split(":")
    if head == "0":
        return _narrowed(list(source.streams), rest, word)
    if head.isdecimal() and rest:
        raise UsageError(f"--map {word}: there is one input, 0; name its streams as 0:a:1 or a:1")
    return _narrowed(list(source.streams), [head, *rest], word)


def _narrowed(streams: list[Stream], words: Sequence[str], whole: str) -> list[Stream]:
    """The streams that the words leave, one word after another."""
    if not words:
        return streams
    head, *rest = words
    if head.isdecimal():
        return _narrowed(streams[int(head) : int(head) + 1], rest, whole)
    if head in _TYPES:
        return _narrowed([stream for stream in streams if stream.type == _TYPES[head]], rest, whole)
    if head == "V":
        return _narrowed([s for s in streams if s.type == "video" and not is_cover(s)], rest, whole)
    if head == "m" and rest:
        key, *value = rest
        return [stream for stream in streams if _has_tag(stream, key, ":".join(value))]
    if head == "disp" and len(rest) == 1 and rest[0] in Disposition.__members__:
        return [stream for stream in streams if stream.disposition & Disposition[rest[0]]]
    raise UsageError(
        f"--map {whole} is not understood; write 0:a (all audio), 0:a:1 (the second), 0:3 (stream 3), "
        "a:m:language:eng, s:disp:forced, or -0:s (no subtitles)"
    )


def _has_tag(stream: Stream, key: str, value: str) -> bool:
    tags = {name.lower(): text for name, text in stream.metadata.items()}
    return key.lower() in tags and value in ("", tags[key.lower()])


def _listed(source: InputContainer) -> str:
    return ", ".join(f"0:{stream.index} {_told(stream)}" for stream in source.streams)


def _told(stream: Stream) -> str:
    language = f" ({stream.language})" if stream.language else ""
    return f"{stream.type} {codec_name(stream)}{language}"
