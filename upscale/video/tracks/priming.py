"""Sound that begins before time 0, in Matroska: its header counts the samples to be thrown away.

Encoders put 1024 samples and more before the first one that is heard; MP4 says so with an edit list, and FFmpeg gives
such packets negative times. Matroska has no times below 0, but the element CodecDelay (RFC 9559, 5.1.4.1.25), by which
its readers know the same. FFmpeg's muxer writes it from a number that PyAV cannot set, and copies from a stream that
has it: so a header with it is read from memory, and serves as the copy's template.
"""

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

import av

from upscale.video.reading.container import ANY_BYTES

_CODEC_IDS = {"aac": b"A_AAC", "mp3": b"A_MPEG/L3"}
_NANOSECONDS = 10**9


def can_prime(stream: av.AudioStream) -> bool:
    """Whether Matroska can be told of samples before time 0 for that codec; Opus and Vorbis carry it themselves."""
    return stream.codec_context.codec.canonical_name in _CODEC_IDS


@contextmanager
def primed(stream: av.AudioStream, delay_s: Fraction) -> Iterator[av.AudioStream]:
    """The stream, as a template that begins so long before time 0."""
    with av.open(io.BytesIO(_header(stream, delay_s)), "r", format="matroska", metadata_errors=ANY_BYTES) as container:
        yield container.streams.audio[0]


def _header(stream: av.AudioStream, delay_s: Fraction) -> bytes:
    """A Matroska file of one track and no packet."""
    context = stream.codec_context
    sound = _element("b5", struct.pack(">d", context.sample_rate)) + _number("9f", context.channels)
    track = (
        _number("d7", 1)
        + _number("73c5", 1)
        + _number("83", 2)  # TrackType: audio
        + _element("86", _CODEC_IDS[context.codec.canonical_name])
        + (_element("63a2", context.extradata) if context.extradata else b"")
        + _number("56aa", round(delay_s * _NANOSECONDS))
        + _element("e1", sound)
    )
    ebml = _element("4282", b"matroska") + _number("4287", 4) + _number("4285", 2)
    scale = _element("1549a966", _number("2ad7b1", 1_000_000))
    # FFmpeg's reader ends its header at the first cluster.
    body = scale + _element("1654ae6b", _element("ae", track)) + _element("1f43b675", _number("e7", 0))
    return _element("1a45dfa3", ebml) + _element("18538067", body)


def _element(identifier: str, content: bytes) -> bytes:
    """An EBML element, its length in eight bytes (RFC 8794, 4)."""
    return bytes.fromhex(identifier) + (1 << 56 | len(content)).to_bytes(8, "big") + content


def _number(identifier: str, value: int) -> bytes:
    return _element(identifier, value.to_bytes(8, "big"))
