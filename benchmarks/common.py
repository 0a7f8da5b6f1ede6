"""What the scripts share: the network, timing in turns beside the matrix peak, tables, the memory of a process."""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import torch

from upscale.allocator import keep_freed_memory
from upscale.bench.arithmetic import multiply_adds
from upscale.bench.cases import Engine
from upscale.bench.peak import matrix_peak
from upscale.bench.report import machine
from upscale.bench.scratch import scratch_folder
from upscale.bench.timing import seconds_of
from upscale.cli.app import main as upscale
from upscale.engine.scaling import ScalePlan
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.models.catalog import load_network
from upscale.models.network import Network
from upscale.peak_memory import process_peak_bytes

# A first run pays for what later ones find done; where it is long by itself, that does not show.
_WARM_UP_PX = 2**20
# Who has taken so long in all is not run again.
_PATIENCE_S = 120.0


@dataclass(frozen=True)
class Entry:
    """One way to do the work: `lr_px` useful low-resolution pixels a call, in the arithmetic of `dtype`."""

    name: str
    work: Callable[[], object]
    dtype: torch.dtype
    lr_px: int


@dataclass
class Score:
    """Wall times of an entry's runs, and the matrix peak around each, before or after, whichever was larger."""

    entry: Entry
    multiply_adds: int
    seconds: list[float] = field(default_factory=list)
    peaks_gflops: list[float] = field(default_factory=list)

    @property
    def seconds_median(self) -> float:
        """One run."""
        return median(self.seconds)

    @property
    def gflops(self) -> float:
        """The network's own arithmetic over wall time; nothing that is computed twice counts."""
        return 2 * self.multiply_adds * self.entry.lr_px / self.seconds_median / 1e9

    @property
    def share(self) -> float:
        """Of the matrix peak: each run by its own, the median of all."""
        work = 2 * self.multiply_adds * self.entry.lr_px / 1e9
        return median(work / taken / peak for taken, peak in zip(self.seconds, self.peaks_gflops, strict=True))

    def times_quicker_than(self, other: "Score") -> float:
        """Per useful pixel, turn by turn; the median of all turns that both took."""
        sizes = self.entry.lr_px / other.entry.lr_px
        return median(theirs / ours * sizes for ours, theirs in zip(self.seconds, other.seconds, strict=False))


def take_turns(entries: Sequence[Entry], runs: int, device: torch.device, arithmetic: int) -> list[Score]:
    """Run A B C A B C ..., so that whatever else the machine does falls on all alike."""
    scores = [Score(entry, arithmetic) for entry in entries]
    for entry in entries:
        if entry.lr_px <= _WARM_UP_PX:
            entry.work()
    peak_of = _Peaks(device)
    for _ in range(runs):
        for score in scores:
            if sum(score.seconds) > _PATIENCE_S:
                continue
            before = peak_of.last_or_new(score.entry.dtype)
            score.seconds.append(seconds_of(score.entry.work, device))
            score.peaks_gflops.append(max(before, peak_of.new(score.entry.dtype)))
    return scores


class _Peaks:
    """The peak after one run is the peak before the next, if that uses the same arithmetic."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._last: tuple[torch.dtype, float] | None = None

    def new(self, dtype: torch.dtype) -> float:
        self._last = (dtype, matrix_peak(self._device, dtype))
        return self._last[1]

    def last_or_new(self, dtype: torch.dtype) -> float:
        return self._last[1] if self._last and self._last[0] is dtype else self.new(dtype)


def print_scores(scores: Sequence[Score]) -> None:
    """A row each."""
    width = 2 + max(len(score.entry.name) for score in scores)
    print(f"{'':{width}}{'runs':>5}{'median s':>10}{'fastest':>10}{'slowest':>10}{'GFLOP/s':>9}{'peak':>8}{'share':>7}")
    for score in scores:
        times = "".join(f"{taken:10.3f}" for taken in (score.seconds_median, min(score.seconds), max(score.seconds)))
        rates = f"{score.gflops:9.1f}{max(score.peaks_gflops):8.1f}{score.share:7.3f}"
        print(f"{score.entry.name:{width}}{len(score.seconds):5d}{times}{rates}", flush=True)


def print_claim(what: str, value: float, wanted: float, *, most: bool = False) -> None:
    """A figure beside what it should be: at least `wanted`, or at most."""
    reached = value <= wanted if most else value >= wanted
    print(f"{what}: {value:.3f}, wanted {'<=' if most else '>='} {wanted:g}: {'reached' if reached else 'MISSED'}")


def srgan() -> tuple[Network, int]:
    """The shipped SRGAN x4, and its multiply-adds for each low-resolution pixel."""
    network = load_network("srgan", 4).requires_grad_(False)
    stages = network.stages()
    assert stages is not None
    return network, multiply_adds(stages)


def add_engine_options(arguments: argparse.ArgumentParser, *, runs: int) -> None:
    """What the scripts that run our engine ask for alike."""
    arguments.add_argument("--runs", type=int, default=runs)
    arguments.add_argument("--dtype", default="auto")
    arguments.add_argument("--device", default="auto")


def shipped_engine(options: argparse.Namespace) -> tuple[Engine, int]:
    """The shipped SRGAN x4 on the device and in the arithmetic asked for, and its multiply-adds a pixel."""
    network, arithmetic = srgan()
    upscaler = Upscaler(network, UpscaleOptions(device=options.device, dtype=options.dtype))
    return Engine(upscaler, ScalePlan((network,))), arithmetic


def size(word: str) -> tuple[int, int]:
    """WxH of the command line as (height, width)."""
    width, _, height = word.partition("x")
    return int(height), int(width)


def parser(doc: str | None) -> argparse.ArgumentParser:
    """For a script whose docstring is its help."""
    return argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)


def print_machine() -> None:
    """What the figures were taken on, and when."""
    print(f"{machine()}, {time.strftime('%Y-%m-%d %H:%M')}")


def run_as_the_cli() -> None:
    """Start the script anew the way `upscale` runs: how threads wait is settled before torch loads."""
    keep_freed_memory()
    if "GOMP_SPINCOUNT" not in os.environ and "OMP_WAIT_POLICY" not in os.environ:
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "GOMP_SPINCOUNT": "20000"})


def in_own_process(arguments: Sequence[str]) -> dict[str, float]:
    """Run the script with these arguments in a process of its own: the JSON object of its last line of output."""
    script = str(Path(sys.argv[0]).resolve())
    done = subprocess.run([sys.executable, script, *arguments], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)}: exit code {done.returncode}")
    facts: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return facts


def measure_memory(
    options: Callable[[], argparse.Namespace], measure: Callable[[argparse.Namespace, Path], None]
) -> None:
    """The main part of a script that runs `upscale` in processes of its own: in those, with --run and its words, that.

    `measure` gets a folder of its own.
    """
    if sys.argv[1:2] == ["--run"]:
        _run_and_print_peak(sys.argv[2:])
        return
    chosen = options()
    run_as_the_cli()
    print_machine()
    with scratch_folder() as folder:
        measure(chosen, folder)


def peak_bytes(words: Sequence[str]) -> float:
    """The largest resident size of `upscale` with these words, torch and all."""
    return in_own_process(["--run", *words])["peak_bytes"]


def _run_and_print_peak(words: Sequence[str]) -> None:
    """`upscale` with these words in this process, then its peak memory as JSON, for `in_own_process`."""
    sys.argv = ["upscale", *words]
    try:
        upscale()
    except SystemExit as ended:
        if ended.code:
            raise
    print(json.dumps({"peak_bytes": process_peak_bytes()}))
