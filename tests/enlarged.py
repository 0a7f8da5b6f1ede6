"""A clip through the whole line, enlarged by `nearest`: what came of it, and what was said before."""

from dataclasses import dataclass, field
from pathlib import Path

from upscale.engine.scaling import plan_scale
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.video.encoding.encoder import Encoding
from upscale.video.pipeline import Begun, Enlarged, VideoJob, upscale_video


@dataclass
class Heard:
    """A listener that remembers the notes."""

    notes: list[str] = field(default_factory=list)

    def begun(self, clip: Begun) -> None:
        self.notes += clip.notes

    def resumed(self, frames: int) -> None:
        assert frames == 0

    def kept(self, note: str) -> None:
        self.notes.append(note)

    def enlarged(self, pixels: int) -> None:
        assert pixels > 0


def enlarged(
    source: Path, target: Path, encoding: Encoding | None = None, *, scale: int = 2
) -> tuple[Enlarged, list[str]]:
    """The result and the early notes."""
    plan, heard = plan_scale("nearest", scale), Heard()
    upscaler = Upscaler(plan.network, UpscaleOptions(device="cpu", dtype="fp32"))
    return upscale_video(VideoJob(source, target, encoding or Encoding()), upscaler, plan, heard), heard.notes
