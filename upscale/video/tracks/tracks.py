"""What goes into the target: the user's wishes, and the streams of the source on their way."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

from upscale.video.encoding.encoder import EncoderPlan
from upscale.video.reading.identity import Identity
from upscale.video.reading.reader import VideoInfo
from upscale.video.reading.timing import Span

Audio = Literal["copy", "aac", "opus", "none"]
Subs = Literal["copy", "none"]
# FFmpeg's names of what encodes a stream anew.
Coder = Literal["aac", "libopus", "mov_text", "srt", "webvtt"]


@dataclass(frozen=True)
class Tracks:
    """What becomes of the streams beside the video. `maps`: the streams to take, in FFmpeg's words (0:a:1, 0:s)."""

    audio: Audio = "copy"
    subs: Subs = "copy"
    maps: tuple[str, ...] = ()
    span: Span = Span()


@dataclass(frozen=True)
class Track:
    """Which stream, and how it goes in: its packets as they are, or by `coder` encoded anew.

    `early_s`: how long before time 0 it begins, where the header has to say it; `cover`: the picture that becomes an
    attachment.
    """

    index: int
    kind: str
    codec: str
    coder: Coder | None = None
    early_s: Fraction = Fraction(0)
    cover: bytes | None = None


@dataclass(frozen=True)
class MuxPlan:
    """What goes into a file: the new video, and which streams of the source join it, in which way."""

    info: VideoInfo
    encoder: EncoderPlan
    target: Path
    tracks: Tracks
    joined: tuple[Track, ...] = ()
    notes: tuple[str, ...] = ()
    identity: Identity | None = None

    @property
    def suffix(self) -> str:
        """What names the container."""
        return self.target.suffix.lower()
