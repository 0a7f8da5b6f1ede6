"""The stages of `upscale video`, each by itself, on the clip it would see, and on as many cores as in the line."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import torch
from torch import Tensor

from upscale.engine.bands import TensorSource
from upscale.engine.crew import keeping_threads, use_threads
from upscale.engine.enlarge import enlarge
from upscale.engine.scaling import ScalePlan
from upscale.engine.upscaler import Upscaler
from upscale.flow.flow import Flow
from upscale.video.dedup import Dedup
from upscale.video.encoding.encode import Picture, encode
from upscale.video.encoding.encoder import EncoderPlan, Encoding, plan_encoder
from upscale.video.frame_source import FrameSource
from upscale.video.pictures import pictures
from upscale.video.pipeline import Begun, VideoJob, upscale_video
from upscale.video.reading.reader import Frame, Reading, VideoReader
from upscale.video.view import View, Viewing, plan_view

# Frames that are kept as RGB in float, 12 bytes a pixel; more come round again.
_KEPT = 24


@dataclass(frozen=True)
class Line:
    """A network on its device, and the sizes wanted."""

    upscaler: Upscaler
    plan: ScalePlan

    def run(self, source: Path, target: Path, dedup: Dedup = "exact") -> None:
        """All of it, over what is there."""
        target.unlink(missing_ok=True)
        job = VideoJob(source, target, dedup=dedup, resume=False)
        upscale_video(job, self.upscaler, self.plan, _Nobody())

    def decode(self, source: Path) -> None:
        """Every frame, looked at by nobody."""
        for _ in _frames(source):
            pass

    def pictures(self, source: Path) -> list[Tensor]:
        """The first frames as the network sees them."""
        view = _view(source)
        return [_rgb(frame, view) for frame in islice(_frames(source), _KEPT)]

    def to_rgb(self, source: Path, frames: int) -> None:
        """The first frames' planes to RGB, round and round."""
        view = _view(source)
        kept = list(islice(_frames(source), _KEPT))
        _side_by_side(lambda number: _rgb(kept[number % len(kept)], view), frames)

    def enlarge(self, rgb: list[Tensor], frames: int) -> None:
        """The network, as it takes pictures that are there: one stream, all cores for each."""
        for _ in enlarge(self.upscaler, self.plan, map(TensorSource, islice(cycle(rgb), frames))):
            pass

    def enlarge_side_by_side(self, rgb: list[Tensor], frames: int) -> None:
        """The network, as the line runs it: a frame for each core."""

        def one(number: int) -> None:
            for _ in enlarge(self.upscaler, self.plan, [TensorSource(rgb[number % len(rgb)])]):
                pass

        _side_by_side(one, frames)

    def to_planes(self, source: Path, rgb: Tensor, frames: int) -> None:
        """One frame's result to planes, so many times."""
        view = _view(source)
        frame = next(_frames(source))
        (enlarged,) = enlarge(self.upscaler, self.plan, [TensorSource(rgb)])
        given, encoder = FrameSource(frame, view, self.upscaler.device, _check), self._encoder(view)
        _side_by_side(lambda _: list(pictures([(given, enlarged[1])], encoder)), frames)

    def finished(self, source: Path) -> list[Picture]:
        """All frames as the encoder gets them."""
        view = _view(source)
        sources = (FrameSource(frame, view, self.upscaler.device, _check) for frame in _frames(source))
        return list(pictures(enlarge(self.upscaler, self.plan, sources), self._encoder(view)))

    def encode(self, source: Path, finished: list[Picture]) -> None:
        """The encoder, its packets thrown away."""
        for _ in encode(finished, self._encoder(_view(source))):
            pass

    def _encoder(self, view: View) -> EncoderPlan:
        return plan_encoder(view.info, *self.plan.target_size(view.info.height, view.info.width), Encoding())


def _side_by_side(work: Callable[[int], object], count: int) -> None:
    """`work` for 0 <= number < count, one for each core at a time."""
    flow, cores = Flow(), torch.get_num_threads()

    def one(number: int) -> None:
        use_threads(1)
        work(number)

    with keeping_threads():
        for _ in flow.run(flow.spread("alone", one, range(count), workers=cores)):
            pass


def _frames(source: Path) -> Iterator[Frame]:
    with VideoReader(source, Reading(threads=1)) as reader:
        yield from reader.frames()


def _view(source: Path) -> View:
    with VideoReader(source) as reader:
        return plan_view(reader.info, Viewing())


def _rgb(frame: Frame, view: View) -> Tensor:
    return FrameSource(frame, view, torch.device("cpu"), _check).rgb


def _check() -> None:
    """Nothing stops the work."""


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
