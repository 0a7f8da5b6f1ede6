"""Containers: which one a clip's result goes into, and what of its video that can hold."""

import io
from fractions import Fraction
from pathlib import Path

import av
from av.codec.codec import UnknownCodecError

from upscale.video.encoding.codecs import ANIMATIONS, encoder_name, is_animated
from upscale.video.encoding.hardware import hardware
from upscale.video.reading.sequence import is_pattern

MP4_SUFFIXES = (".mp4", ".m4v", ".mov")
MATROSKA_SUFFIXES = (".mkv", ".webm")
# Containers that keep every frame's time (Matroska to the millisecond) and take nearly every stream.
_KEPT_SUFFIXES = frozenset((*MP4_SUFFIXES, *MATROSKA_SUFFIXES))


def target_suffix(source: Path, codec: str) -> tuple[str, str | None]:
    """The suffix of a clip's result where nobody names one, and why it is another than the source's, if it is.

    That stays where it keeps every frame's time and can hold what `codec`, as users call it, encodes. Numbered and
    moving pictures stay such, these unless a video's codec is named.
    """
    kind, encoder = source.suffix.lower(), encoder_name(codec)
    if is_pattern(source) or (kind in ANIMATIONS and is_animated(codec)):
        return source.suffix, None
    if kind not in _KEPT_SUFFIXES:
        wishes: tuple[str, ...] = (".mkv", ".mov")
        why = f"{kind or 'a file without suffix'} would lose times or streams"
    else:
        wishes = (kind, ".mov", ".mkv") if kind in MP4_SUFFIXES else (kind, ".mkv", ".mov")
        why = f"{kind} cannot hold {encoder}"
    suffix = next((wish for wish in wishes if _can_hold(wish, encoder)), ".mkv")
    return (source.suffix, None) if suffix == kind else (suffix, f"it is written as {suffix}: {why}")


def _can_hold(suffix: str, encoder: str) -> bool:
    """Whether FFmpeg puts such packets into files of that name; of hardware, its software's, which may stand in."""
    device = hardware(encoder)
    try:
        with av.open(NamedMemory(f"x{suffix}"), "w") as container:
            container.add_stream(device.software if device else encoder)
    except UnknownCodecError:
        return True  # an error of its own, which says more
    except ValueError:
        return False
    return True


def is_container(suffix: str) -> bool:
    """Whether FFmpeg writes files of that name."""
    try:
        av.open(NamedMemory(f"x{suffix}"), "w").close()
    except (av.FFmpegError, ValueError):
        return False
    return True


def muxer_options(suffix: str) -> dict[str, str]:
    """What FFmpeg's muxer is told beyond its defaults."""
    if suffix not in MP4_SUFFIXES:
        return {}
    # With the usual 1000 ticks a second audio moves by up to 44 samples, for MP4 tells a stream's start in them.
    # faststart: the index in front, so that a browser plays the file while it comes. It is a second pass over the
    # file, at the disk's pace (2 s a GB here), where the network has worked for hours.
    return {"movie_timescale": "90000", "movflags": "+faststart"}


def square_size(height: int, width: int, sample_aspect: Fraction | None) -> tuple[int, int]:
    """The size at which a picture's pixels are square: the shorter-looking side grows, so that nothing is lost."""
    aspect = sample_aspect or Fraction(1)
    if aspect >= 1:
        return height, round(width * aspect)
    return round(height / aspect), width


class NamedMemory(io.BytesIO):
    """A file in memory; FFmpeg chooses the container by its name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
