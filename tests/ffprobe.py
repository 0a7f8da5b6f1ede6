"""What ffprobe, a judge of its own, says of a file; tests that ask it skip, by name, where it is missing."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Probe:
    """ffprobe's own words: streams, chapters, and of one stream its packets or decoded frames."""

    path: Path

    def streams(self, kind: str | None = None) -> list[dict[str, Any]]:
        """All streams, or those of one `codec_type`."""
        found: list[dict[str, Any]] = _ask(self.path, "-show_streams")["streams"]
        return [stream for stream in found if kind in (None, stream["codec_type"])]

    def format(self) -> dict[str, Any]:
        """The container's own facts and tags."""
        found: dict[str, Any] = _ask(self.path, "-show_format")["format"]
        return found

    def chapters(self) -> list[dict[str, Any]]:
        """Chapters with their times and tags."""
        found: list[dict[str, Any]] = _ask(self.path, "-show_chapters")["chapters"]
        return found

    def packets(self, stream: str) -> list[dict[str, Any]]:
        """Packets with hashes of their data; `stream` as in `a:0`."""
        found: list[dict[str, Any]] = _ask(
            self.path, "-show_packets", "-select_streams", stream, "-show_data_hash", "md5"
        )["packets"]
        return found

    def frames(self, stream: str = "v:0") -> list[dict[str, Any]]:
        """Decoded frames with their tags and side data."""
        found: list[dict[str, Any]] = _ask(self.path, "-show_frames", "-select_streams", stream)["frames"]
        return found

    def frame_times(self, stream: str = "v:0") -> list[Fraction]:
        """When each decoded frame is shown, in seconds, exactly."""
        base = Fraction(_ask(self.path, "-show_streams", "-select_streams", stream)["streams"][0]["time_base"])
        return [frame["pts"] * base for frame in self.frames(stream)]


def probe(path: Path) -> Probe:
    """A file's probe; skips the test where there is no ffprobe."""
    if shutil.which("ffprobe") is None:
        pytest.skip("ffprobe is missing: install Debian's ffmpeg")
    return Probe(path)


def _ask(path: Path, *words: str) -> dict[str, Any]:
    command = ["ffprobe", "-v", "error", *words, "-of", "json", str(path)]
    found: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=120).stdout)
    return found
