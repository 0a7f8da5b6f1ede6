"""How many steps a second `upscale train` takes, beside the plain loop of plain_training.py.

    python benchmarks/training_speed.py [--turns 5] [--steps N] [--batch 16] [--crop 24] [--device auto] [--dtype auto]

SRResNet x4 without BatchNorm, L1, crops of 24 -> 96 pixels of photographs below $UPSCALE_DATA (or ../shared/data), made
PNGs first. Ours is the loop itself as the command runs it: crops, step, average, log; the others take their turns while
it tells of a step. What is compared is in one process and in its settings, which help the plain loops as well. Their
DataLoader has 8 workers for a GPU, none on a CPU, where the network keeps all cores busy. Medians of the turns.
"""

import os
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import cv2
import torch
from common import parser, print_claim, print_machine, run_as_the_cli
from plain_training import Plain, plain_steps
from upscale.train.config import TrainConfig, configure, read_recipe
from upscale.train.data.batches import Batches
from upscale.train.data.loading import load_pictures
from upscale.train.run import Control, Progress, train

from upscale.device import choose_device, synchronise

ROOT = Path(__file__).resolve().parents[1]
SCALE = 4
CLAIMS = {"cpu": 1.25, "cuda": 2.0}
LARGEST_INPUT_SHARE = 0.05
# A turn on a GPU has to be long beside the wait at its end, and beside what DataLoader workers have prepared meanwhile.
STEPS = {"cpu": 5, "cuda": 200}
WORKERS = {"cpu": 0, "cuda": 8}
# Steps of each before the first turn: memory is found, kernels are chosen.
WARM_UP = 3


@dataclass
class Turns:
    """Lets our loop go on for some steps, then each of the others for as many, and so on."""

    steps: int
    device: torch.device
    others: dict[str, Callable[[], object]]
    seconds: dict[str, list[float]] = field(default_factory=dict)
    _taken: int = -WARM_UP
    _begun_s: float = 0.0

    def __call__(self, progress: Progress) -> None:
        """Our loop has taken a step."""
        self._taken += 1
        if self._taken == self.steps:
            synchronise(self.device)
            self._note("upscale train", time.perf_counter() - self._begun_s)
            for name, step in self.others.items():
                self._note(name, self._timed(step, self.steps))
        elif self._taken == 0:
            for step in self.others.values():
                self._timed(step, WARM_UP)
        if self._taken in (0, self.steps):
            self._taken = 0
            self._begun_s = time.perf_counter()

    def _timed(self, step: Callable[[], object], count: int) -> float:
        begun_s = time.perf_counter()
        for _ in range(count):
            step()
        synchronise(self.device)
        return time.perf_counter() - begun_s

    def _note(self, name: str, seconds: float) -> None:
        self.seconds.setdefault(name, []).append(seconds / self.steps)


def main() -> None:
    """One run of ours, the others within it."""
    options = _options()
    run_as_the_cli()
    device = choose_device(options.device)
    steps = options.steps or STEPS.get(device.type, STEPS["cpu"])
    workers = WORKERS.get(device.type, 0) if options.workers is None else options.workers
    with TemporaryDirectory() as scratch:
        _make_pngs(Path(scratch, "hr"), options.pictures)
        config = _config(Path(scratch), options, device)
        others, waits = _others(config, device, workers)
        turns = Turns(steps, device, others)
        last = WARM_UP + options.turns * steps
        train(config, turns, Control(stop_at=last))
    print_machine()
    print(f"srresnet x4, batches of {options.batch}, {device}, --dtype {options.dtype}, {workers} DataLoader workers")
    _print(turns, waits, device, options.dtype)


def _options() -> Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("--turns", type=int, default=5)
    arguments.add_argument(
        "--steps", type=int, help=f"of each in a turn; default {STEPS['cpu']}, {STEPS['cuda']} on a GPU"
    )
    arguments.add_argument("--batch", type=int, default=16)
    arguments.add_argument("--crop", type=int, default=24)
    arguments.add_argument("--pictures", type=int, default=32)
    arguments.add_argument("--device", default="auto")
    arguments.add_argument(
        "--dtype", default="auto", help="ours, to be compared with the plain loop in the same; both run"
    )
    arguments.add_argument("--workers", type=int, help="of the plain loops' DataLoader; default 0, 8 for a GPU")
    return arguments.parse_args()


def _make_pngs(folder: Path, count: int) -> None:
    """Photographs, those of the folder's beginning."""
    photos = Path(os.environ.get("UPSCALE_DATA", ROOT.parent / "shared" / "data")) / "train" / "photos"
    paths = sorted(photos.rglob("*.jpg"))[:count]
    if not paths:
        raise SystemExit(f"no photographs below {photos}; set UPSCALE_DATA")
    folder.mkdir()
    for path in paths:
        cv2.imwrite(str(folder / f"{path.stem}.png"), cv2.imread(str(path)))


def _config(scratch: Path, options: Namespace, device: torch.device) -> TrainConfig:
    """The recipe as it stands, without validation and saving within the few steps that are measured."""
    changes = {
        "data": scratch / "hr", "out": scratch / "out.safetensors", "scale": SCALE, "batch": options.batch,
        "crop": options.crop, "device": str(device), "dtype": options.dtype,
        "steps": 10**6, "validate_every": 10**6, "save_every": 10**6,
    }  # fmt: skip
    return configure(read_recipe("srresnet"), changes)


def _others(
    config: TrainConfig, device: torch.device, workers: int
) -> tuple[dict[str, Callable[[], object]], dict[str, list[float]]]:
    """The plain loop in both arithmetics, and our crops alone; and where the loops note how long they waited."""
    waits: dict[str, list[float]] = {}
    steps: dict[str, Callable[[], object]] = {}
    for name, dtype in (("plain fp32", torch.float32), ("plain bf16 autocast", torch.bfloat16)):
        plain = Plain(config.data, config.batch, config.crop, config.scale, device, dtype, workers)
        steps[name] = _noting(plain_steps(plain), waits.setdefault(name, []))
    crops = Batches(config, load_pictures(config, device).training, device).stream(0)
    steps["our crops"] = lambda: next(crops)
    return steps, waits


def _noting(steps: Iterator[float], waits: list[float]) -> Callable[[], None]:
    return lambda: waits.append(next(steps))


def _print(turns: Turns, waits: dict[str, list[float]], device: torch.device, dtype: str) -> None:
    print(f"{'':22}{'turns':>6}{'steps/s':>9}{'s a step':>10}{'fastest':>9}{'slowest':>9}{'input':>8}")
    ours = turns.seconds["upscale train"]
    crops = turns.seconds.pop("our crops")
    share = median(crop / step for crop, step in zip(crops, ours, strict=True))
    for name, taken in turns.seconds.items():
        waited = share if name == "upscale train" else median(waits[name]) / median(taken)
        times = f"{1 / median(taken):9.2f}{median(taken):10.4f}{min(taken):9.4f}{max(taken):9.4f}{waited:8.1%}"
        print(f"{name:22}{len(taken):6d}{times}", flush=True)
    wanted = CLAIMS.get(device.type, CLAIMS["cpu"])
    for name in waits:
        ratio = median(other / own for own, other in zip(ours, turns.seconds[name], strict=True))
        if name.startswith("plain bf16") and dtype == "fp32":
            print(f"steps a second, against {name}: {ratio:.3f}")
        else:
            print_claim(f"steps a second, against {name}", ratio, wanted)
    print_claim("share of the step that crops take", share, LARGEST_INPUT_SHARE, most=True)


if __name__ == "__main__":
    main()
