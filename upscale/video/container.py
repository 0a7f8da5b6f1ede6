"""Opening files through FFmpeg, and what it says when it cannot."""

from pathlib import Path
from typing import TypeAlias

import av
from av.container import InputContainer
from av.stream import Stream

from upscale.errors import BadInputError

AnyPacket: TypeAlias = "av.Packet[Stream]"
# Tags in other encodings must not stop a video; surrogates are written as the very bytes they were.
ANY_BYTES = "surrogateescape"


def open_container(source: Path) -> InputContainer:
    """Open a file for reading; raises BadInputError for one that is no video or cannot be read."""
    try:
        return av.open(str(source), "r", metadata_errors=ANY_BYTES)
    except av.FFmpegError as error:
        raise BadInputError(f"{source} cannot be read as a video: {reason(error)}") from error


def reason(error: av.FFmpegError) -> str:
    """What FFmpeg says, fit for the end of a sentence."""
    return (error.strerror or str(error)).lower()
