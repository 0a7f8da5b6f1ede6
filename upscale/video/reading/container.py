"""Opening files through FFmpeg, and what it says when it cannot."""

from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import av
from av.codec.hwaccel import HWAccel
from av.container import InputContainer
from av.stream import Disposition, Stream

from upscale.errors import BadInputError
from upscale.video.reading.sequence import find_sequence

AnyPacket: TypeAlias = "av.Packet[Stream]"
MaybePacket: TypeAlias = "av.Packet[Stream] | None"
# Tags in other encodings must not stop a video; surrogates are written as the very bytes they were.
ANY_BYTES = "surrogateescape"
# Demuxers that make moving text of any text file, and noise of any other.
_NO_VIDEO = frozenset(("tty", "bin", "xbin", "adf", "idf"))


def open_container(source: Path, rate: Fraction | None = None, hwaccel: HWAccel | None = None) -> InputContainer:
    """Open a file, or a sequence of pictures named like `frames/%05d.png`, for reading.

    `rate`: the sequence's frames per second, 25 by default. Raises BadInputError for what cannot be read.
    """
    sequence = find_sequence(source)
    try:
        if sequence:
            return av.open(sequence.pattern, "r", format="image2", container_options=sequence.options(rate))
        # Without "file:" FFmpeg takes what stands before a colon in a name for a protocol.
        return av.open(f"file:{source}", "r", metadata_errors=ANY_BYTES, hwaccel=hwaccel)
    except av.FFmpegError as error:
        raise BadInputError(f"{source} cannot be read as a video: {reason(error)}") from error


def main_video(container: InputContainer, source: Path) -> av.VideoStream:
    """The stream FFmpeg would play; cover pictures do not count. Raises BadInputError where there is none."""
    name = container.format.name
    stream = container.streams.best("video")
    if name in _NO_VIDEO or not isinstance(stream, av.VideoStream):
        raise BadInputError(f"{source} holds no video")
    # Animated WebP goes its own way, and image2 is a sequence.
    if name.endswith("_pipe") and name != "webp_pipe":
        raise BadInputError(f"{source} is a {name.removesuffix('_pipe')} picture; `upscale images` enlarges it")
    if stream.disposition & Disposition.attached_pic:
        raise BadInputError(f"{source} holds no video, only a cover picture")
    if stream.codec_context is None:
        raise BadInputError(f"{source} holds a video in a format that FFmpeg does not decode")
    return stream


def reason(error: av.FFmpegError) -> str:
    """What FFmpeg says, fit for the end of a sentence."""
    return (error.strerror or str(error)).lower()
