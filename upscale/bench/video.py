"""Video from file to file: a real encoded clip through the pipeline of `upscale video`."""

from pathlib import Path
from typing import cast

import av
import numpy as np

from upscale.bench.cases import Engine, Sample, Workload
from upscale.bench.pictures import smooth_noise
from upscale.bench.scratch import scratch_folder
from upscale.bench.timing import seconds_of
from upscale.errors import EnvironmentLackError
from upscale.video.encoding.encoder import Encoding
from upscale.video.pipeline import Begun, VideoJob, upscale_video

_FRAMES = 6
_RATE = 25
# What `upscale video` writes unless told otherwise.
_CODEC = "libx264"


def measure_video(engine: Engine, workload: Workload) -> Sample:
    """Time a clip, decoded and encoded as H.264; odd sizes, which that has not in 4:2:0, become the next even ones.

    Raises EnvironmentLackError where the encoder is missing.
    """
    height, width = (side + side % 2 for side in (workload.height, workload.width))
    with scratch_folder() as folder:
        source = write_clip(folder / "clip.mp4", _FRAMES, height, width)

        def work() -> None:
            enlarge_clip(engine, source, folder / "enlarged.mp4")

        seconds = [seconds_of(work, engine.upscaler.device) for _ in range(workload.runs)]
    return Sample(height, width, _FRAMES, tuple(seconds))


def write_clip(path: Path, frames: int, height: int, width: int) -> Path:
    """A clip of a picture that moves sideways, both sides even. Raises EnvironmentLackError without encoder."""
    picture = smooth_noise(height, width, 0)
    with av.open(str(path), "w") as container:
        try:
            stream = cast(av.VideoStream, container.add_stream(_CODEC, rate=_RATE))
        except ValueError as error:
            raise EnvironmentLackError(f"no video encoder {_CODEC} here; it comes with PyAV's wheels") from error
        stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
        for index in range(frames):
            moved = np.ascontiguousarray(np.roll(picture, 4 * index, axis=1))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(moved)))
        container.mux(stream.encode(None))
    return path


def enlarge_clip(engine: Engine, source: Path, target: Path) -> None:
    """Enlarge a clip over what is there; errors as `upscale_video` has them."""
    upscale_video(VideoJob(source, target, Encoding(_CODEC)), engine.upscaler, engine.plan, _Nobody())


class _Nobody:
    """A listener who is told in vain."""

    def begun(self, clip: Begun) -> None:
        """All checks have passed."""

    def resumed(self, frames: int) -> None:
        """An earlier run has left so many frames."""

    def kept(self, note: str) -> None:
        """The run ends unfinished."""

    def enlarged(self, pixels: int) -> None:
        """One more frame is finished."""
