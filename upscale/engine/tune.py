"""The band that is quickest on this machine: measured once for each device, network and arithmetic, and remembered."""

import json
import logging
import os
import platform
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from upscale.atomic import write_bytes
from upscale.device import synchronise
from upscale.engine.bands import TensorSource
from upscale.engine.footprint import within
from upscale.engine.trunk import Trunk
from upscale.engine.trunkstream import BandSize, stream_trunk
from upscale.errors import OutputError

# A picture that is enlarged in less time than measuring takes is not worth it.
WORTH_PX = 400_000
_PATIENCE_S = 3.0
_WIDTH_PX = 448

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class BandShape:
    """Windows of about `columns`, bands of about `pixels`."""

    columns: int
    pixels: int


# Windows of 112 columns: three rows of 64 channels in bf16 just fit a first cache of 48 KB.
_CPU = BandShape(112, 128 * 1024)
_GPU = BandShape(1 << 20, 96 * 1024)


def default_shape(device: torch.device) -> BandShape:
    """What was quickest on the machines it was tried on."""
    return _CPU if device.type == "cpu" else _GPU


def quickest_shape(trunk: Trunk, *, measure: bool, most_bytes: int | None = None) -> BandShape:
    """The remembered answer for this machine, network and arithmetic, else a measured one, else the default.

    `most_bytes`: what a band may take while it is tried, None half of what is free.
    """
    key, path = _key(trunk), cache_folder() / "bands.json"
    answers = _read(path)
    if key in answers:
        return BandShape(**answers[key])
    default = default_shape(trunk.head.device)
    if not measure:
        return default
    shape = _measured(trunk, default, most_bytes)
    logger.info("quickest here: %s", shape)
    _write(path, {**answers, key: asdict(shape)})
    return shape


def cache_folder() -> Path:
    """Where this user's programs keep what they can do without."""
    # Path.home() and Path.expanduser() raise where there is no home, as for a bare number of a user in a container.
    home = Path(os.path.expanduser("~"))  # noqa: PTH111
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home)
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "upscale"


def _measured(trunk: Trunk, default: BandShape, most_bytes: int | None) -> BandShape:
    """First the windows, then the height; what is best when patience ends."""
    ends = time.perf_counter() + _PATIENCE_S
    best = default
    for columns in (224, _WIDTH_PX) if default.columns < _WIDTH_PX else ():
        best = _quicker(trunk, best, BandShape(columns, default.pixels), ends, most_bytes)
    for pixels in (default.pixels // 2, 2 * default.pixels):
        best = _quicker(trunk, best, BandShape(best.columns, pixels), ends, most_bytes)
    # The widest one tried means: whole rows.
    return BandShape(_GPU.columns, best.pixels) if best.columns == _WIDTH_PX else best


def _quicker(trunk: Trunk, one: BandShape, other: BandShape, ends: float, most_bytes: int | None) -> BandShape:
    """The better of two, in turns; the first where there is no time, or no memory, to try."""
    fits = all(within(trunk, _tried(shape), _WIDTH_PX, most_bytes) == _tried(shape) for shape in (one, other))
    if time.perf_counter() > ends or not fits:
        return one
    seconds = {one: _seconds_per_row(trunk, one), other: _seconds_per_row(trunk, other)}
    for shape in (one, other):
        if time.perf_counter() < ends:
            seconds[shape] = min(seconds[shape], _seconds_per_row(trunk, shape))
    return min(seconds, key=lambda shape: seconds[shape])


@torch.inference_mode()
def _seconds_per_row(trunk: Trunk, shape: BandShape) -> float:
    size = _tried(shape)
    picture = TensorSource(torch.rand(3, size.rows, _WIDTH_PX, device=trunk.head.device))
    begun = time.perf_counter()
    for _ in stream_trunk(trunk, [picture], size):
        pass
    synchronise(trunk.head.device)
    return (time.perf_counter() - begun) / size.rows


def _tried(shape: BandShape) -> BandSize:
    return BandSize(max(1, shape.pixels // _WIDTH_PX), shape.columns)


def _key(trunk: Trunk) -> str:
    """Whatever an answer depends on."""
    device = trunk.head.device
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{_cpu()} x{torch.get_num_threads()}"
    network = f"{trunk.head.outputs} channels, {len(trunk.blocks)} blocks, x{trunk.scale}"
    return f"{device.type} {name}, {network}, {trunk.head.dtype}, torch {torch.__version__}"


def _cpu() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _read(path: Path) -> dict[str, dict[str, int]]:
    """The remembered answers; none where the file is missing, damaged or of another version."""
    try:
        answers = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(answers, dict):
        return {}
    wanted = {"columns", "pixels"}
    return {
        key: answer
        for key, answer in answers.items()
        if isinstance(answer, dict) and answer.keys() == wanted and all(_positive(value) for value in answer.values())
    }


def _positive(value: object) -> bool:
    return isinstance(value, int) and value > 0


def _write(path: Path, answers: dict[str, dict[str, int]]) -> None:
    """A cache that cannot be written is no reason to fail."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, json.dumps(answers, indent=1).encode())
    except (OSError, OutputError) as error:
        logger.info("not remembered: %s", error)
