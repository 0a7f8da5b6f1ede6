"""What a batch will come to, before it runs: sizes from the files' headers, time and memory from a short trial."""

import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from upscale.batch.jobs import Job
from upscale.engine.scaling import ScalePlan
from upscale.engine.sizes import SizeWish
from upscale.flow.meter import Meter
from upscale.images.encoding import Encoding
from upscale.images.enlarging import Enlarger
from upscale.images.footprint import encoder_bytes, held_bytes
from upscale.images.header import Header, read_header
from upscale.images.image_io import LIMIT_PX, write_picture
from upscale.images.picture import Picture
from upscale.images.pipeline import BatchOptions, enlarge_files

# A trial as long as this says enough; one of more pixels would wait for the engine to be tuned.
_ENOUGH_S = 0.4
_MOST_PX = 256 * 1024
_WIDEST_PX = 2048
# Of fewer rows the first and the last, which take longer, would count for too much.
_FEWEST_ROWS = 64


@dataclass(frozen=True)
class Forecast:
    """What becomes of one job; None: nobody knows. `seconds` are those of the slowest stage, the others overlap."""

    job: Job
    size_px: tuple[int, int] | None = None
    memory_bytes: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class _Pace:
    """`rate`: input pixels through the network a second. `base_bytes`: this process after that, None if unknown."""

    rate: float
    base_bytes: int | None


def forecasts(
    jobs: Iterable[Job], enlarger: Enlarger, encoding: Encoding, limit_px: int = LIMIT_PX
) -> Iterator[Forecast]:
    """One for each job, in order; the trial runs before the first picture whose header can be read.

    Nobody knows what becomes of a picture that claims more than `limit_px`.
    """
    pace: _Pace | None = None
    for job in jobs:
        header = read_header(job.source, limit_px)
        if header is None:
            yield Forecast(job)
            continue
        pace = pace or _tried(enlarger, header, job.target.suffix)
        yield _forecast(job, header, enlarger, encoding, pace)


def _forecast(job: Job, header: Header, enlarger: Enlarger, encoding: Encoding, pace: _Pace) -> Forecast:
    size_px, blank = enlarger.plan.target_size(header.height, header.width), header.blank()
    work_px = header.frames * _work_px(enlarger.plan, header.height, header.width)
    grown = header.decoded_bytes + held_bytes(blank, enlarger) + encoder_bytes(blank, size_px, job.target, encoding)
    memory_bytes = None if pace.base_bytes is None else pace.base_bytes + grown
    return Forecast(job, size_px, memory_bytes, work_px / pace.rate if work_px else None)


def _work_px(plan: ScalePlan, height: int, width: int) -> int:
    """Pixels that go into the network, in all passes."""
    route = plan.route(height, width)
    if route.network is None:
        return 0
    factor = route.network.spec.scale
    areas = [height * width * int(factor ** (2 * done)) for done in range(route.passes)]
    return sum(areas) * (8 if plan.tta else 1)


def _tried(enlarger: Enlarger, header: Header, suffix: str) -> _Pace:
    """Enlarge a made-up picture as wide as this one, higher and higher until the time it takes can be trusted."""
    plan = ScalePlan((enlarger.plan.network,), SizeWish(), enlarger.plan.tta)
    trial, width = replace(enlarger, plan=plan, on_pixels=lambda count: None), min(header.width, _WIDEST_PX)
    height = max(_FEWEST_ROWS, 4096 // width)
    _seconds(trial, 16, width, suffix)  # the first time is slower
    while True:
        seconds = _seconds(trial, height, width, suffix)
        if seconds > _ENOUGH_S or 2 * height * width > _MOST_PX:
            return _Pace(_work_px(plan, height, width) / seconds, _peak_bytes())
        height *= 2


def _seconds(trial: Enlarger, height: int, width: int, suffix: str) -> float:
    """What the slowest stage took for one picture."""
    noise = np.random.default_rng(0).integers(0, 16, (height, width, 3), np.uint8)
    slope = np.linspace(0, 239, width).astype(np.uint8)[None, :, None]
    with tempfile.TemporaryDirectory(prefix="upscale-") as name:
        source, target, meter = Path(name) / "trial.png", Path(name) / f"result{suffix}", Meter()
        write_picture(source, Picture(noise + slope), Encoding())
        for _ in enlarge_files([Job(source, target)], trial, BatchOptions(), meter):
            pass
    return max(meter.busy_s.values())


def _peak_bytes() -> int | None:
    """The most memory that this process has had, where the system tells."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
