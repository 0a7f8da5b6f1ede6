"""The network's part of a line: on a CPU frames side by side, each on cores of its own, else one stream of them.

OpenMP splits every layer among all cores and ends when the slowest has ended, and beside an encoder one always is slow.
Frames that share nothing wait for nobody: on two cores, beside a process that took half of one, `espcn` was 1.7 times
as quick, `srgan` 1.2 times. Nor does a frame then depend on its neighbours, in any bit.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import torch

from upscale.engine.crew import use_threads
from upscale.engine.enlarge import enlarge
from upscale.engine.scaling import ScalePlan
from upscale.engine.upscaler import Upscaler
from upscale.flow.flow import Flow
from upscale.flow.pipe import Pipe
from upscale.video.encoding.encode import Picture
from upscale.video.encoding.encoder import EncoderPlan
from upscale.video.frame_source import frame_sources
from upscale.video.pictures import pictures
from upscale.video.reading.reader import Frame
from upscale.video.view import View

# More would wait for Python's lock: of a frame's time, 3 to 5 % are Python's.
_MOST_WORKERS = 8
# Pixels of results in work at once; each takes up to 40 bytes on its way back to planes.
_IN_WORK_PX = 16_000_000
# Pictures that wait for the encoder: enough to cover its draining at a segment's end, few enough for 8K.
_WAITING = 4


def add_network(
    flow: Flow, frames: Iterable[Frame], upscaler: Upscaler, plan: ScalePlan, view: View, encoder: EncoderPlan
) -> Pipe[Picture]:
    """A stage that enlarges frames; its pictures, in order, a few of which may wait for their reader."""
    network = plan.route(view.info.height, view.info.width).network
    if network is not None and network is not plan.network:
        # Once, where each frame would make one of its own.
        upscaler, plan = upscaler.beside(network), replace(plan, networks=(network,))

    def made(frames: Iterable[Frame]) -> Iterator[Picture]:
        has_alpha = encoder.layout.has_alpha
        sources = frame_sources(frames, view, upscaler.device, flow.control.check, with_alpha=has_alpha)
        return pictures(enlarge(upscaler, plan, sources), encoder)

    workers = _workers(upscaler, encoder.coded_height * encoder.coded_width)
    if workers == 1:
        return flow.stage("network", made(frames), depth=_WAITING)
    threads = torch.get_num_threads() // workers

    def one(frame: Frame) -> Picture:
        use_threads(threads)
        (picture,) = made([frame])
        return picture

    return flow.spread("network", one, frames, workers=workers)


def _workers(upscaler: Upscaler, result_px: int) -> int:
    """How many frames are enlarged at once."""
    # Where half precision overflows, an upscaler changes to fp32 on the way, which is for one thread only.
    if upscaler.device.type != "cpu" or upscaler.dtype is torch.float16:
        return 1
    return max(1, min(torch.get_num_threads(), _MOST_WORKERS, _IN_WORK_PX // result_px))
