"""Containers: which one a clip's result goes into, and what of its video that can hold."""

import io
from fractions import Fraction
from pathlib import Path

import av

MP4_SUFFIXES = (".mp4", ".m4v", ".mov")
MATROSKA_SUFFIXES = (".mkv", ".webm")
# Containers that keep every frame's time (Matroska to the millisecond) and take nearly every stream.
_KEPT_SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".mkv"})
# The only codecs WebM may hold.
_WEBM_CODECS = ("libvpx", "libvpx-vp9", "libsvtav1", "libaom-av1", "librav1e", "av1_nvenc", "av1_qsv", "vp9_qsv")


def target_suffix(source: Path, codec: str, wish: str | None = None) -> tuple[str, str | None]:
    """The suffix of a clip's result, and why it is another than the source's, if that is not what was asked for.

    `wish` names a container as users do: mkv, .mkv, MKV; None keeps the source's where that keeps every frame's time.
    """
    if wish is not None:
        return "." + wish.lower().lstrip("."), None
    kind = source.suffix.lower()
    if kind in _KEPT_SUFFIXES or (kind == ".webm" and codec in _WEBM_CODECS):
        return source.suffix, None
    why = f"it is written as .mkv: {kind or 'a file without suffix'} would lose times or cannot hold {codec}"
    return ".mkv", why


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
