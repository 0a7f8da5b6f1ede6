"""Numbered pictures of a clip's frames, `frames/%05d.png`: each appears whole, or not at all."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from upscale.atomic import write_bytes
from upscale.errors import OutputError, UsageError
from upscale.video.encoding.codecs import NUMBERED
from upscale.video.encoding.encoder_plan import EncoderPlan
from upscale.video.encoding.segments import Segment, read_records

# FFmpeg's image2 and its users begin with 1.
_FIRST = 1


def check_numbered(encoder: EncoderPlan, target: Path) -> Iterator[str]:
    """What pictures do not keep of a clip. UsageError for a codec that makes no such files."""
    wanted = NUMBERED[target.suffix.lower()]
    if encoder.codec != wanted:
        raise UsageError(f"{target.name} needs the codec {wanted}, not {encoder.codec}; leave -c out")
    yield f"pictures know no times; the clip has {float(encoder.rate):g} a second"


def write_numbered(segments: Sequence[Segment], target: Path) -> Iterator[str]:
    """Write each frame to a file of its own, and say which files of that name are older.

    Raises OutputError where one cannot be written.
    """
    number, first = _FIRST - 1, b""
    for segment in segments:
        for record in read_records(segment.path, with_content=True):
            number += 1
            if number == _FIRST:
                first = record.content
            else:
                write_bytes(numbered(target, number), record.content)
    # Last: by it a later run knows that all are there.
    write_bytes(numbered(target, _FIRST), first)
    frames = sum(segment.frames for segment in segments)
    if number - _FIRST + 1 != frames:
        raise OutputError(f"{frames} frames were decoded, but {number - _FIRST + 1} pictures written")
    if numbered(target, number + 1).exists():
        yield f"{numbered(target, number + 1)} and what follows it are older than this run"


def numbered(target: Path, number: int) -> Path:
    """The file of one picture; a % elsewhere in the path is a %."""
    return target.with_name(target.name % number)
