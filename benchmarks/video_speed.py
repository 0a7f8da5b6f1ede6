"""`upscale video` from file to file: beside the network alone, beside its own stages, without repeats, beside a peer.

    python benchmarks/video_speed.py [--part network|stages|repeats|peer|all] [--size 640x360] [--frames 16] [--runs 3]

`network`: srgan; frames a second from file to file over those of `enlarge` on the same frames in memory. `stages`:
espcn; wall time over the processor seconds of decoding, colours, network and encoding, each alone, shared by all
cores. `repeats`: srgan, every frame doubled; the time with --dedup over the time without. `peer`: espcn; the loop of
other tools, ffmpeg | network on whole frames | ffmpeg. All at --scale 2, all in turns.
"""

import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import torch
from common import parser, print_claim, print_machine, run_as_the_cli
from video_clips import Stored, add_clip_options, write_clip
from video_peer import MissingToolError, enlarge_through_pipes
from video_stages import Line

from upscale.bench.scratch import scratch_folder
from upscale.engine.scaling import plan_scale
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.video.dedup import Dedup

PARTS = ("network", "stages", "repeats", "peer")
SCALE = 2
# The claims.
AGAINST_NETWORK = 0.90
AGAINST_STAGES = 1.10
WITHOUT_REPEATS = 0.60


@dataclass(frozen=True)
class Turn:
    """One run: wall time and the process's own processor time, in seconds."""

    wall_s: float
    cpu_s: float


def main() -> None:
    """One part after the other."""
    options = _options()
    run_as_the_cli()
    print_machine()
    parts = {"network": _network, "stages": _stages, "repeats": _repeats, "peer": _peer}
    for name in PARTS if options.part == "all" else (options.part,):
        with scratch_folder() as folder:
            parts[name](options, folder)


def _options() -> Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("--part", choices=(*PARTS, "all"), default="all")
    arguments.add_argument("--frames", type=int, help="of srgan 16 by default, of espcn 150")
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--model", help="instead of each part's own")
    add_clip_options(arguments)
    return arguments.parse_args()


def _network(options: Namespace, folder: Path) -> None:
    model, frames = options.model or "srgan", options.frames or 16
    line = _line(model)
    source = write_clip(options.source, folder / "clip.mp4", frames, options.size, Stored())
    rgb = line.pictures(source)
    ways = {
        "from file to file": lambda: line.run(source, folder / "out.mp4"),
        "network only": lambda: line.enlarge(rgb, frames),
    }
    turns = _in_turns(ways, options.runs)
    _print_turns(turns, frames)
    ratio = _ratio(turns["network only"], turns["from file to file"])
    print_claim(f"{model} x{SCALE}, from file to file against network only", ratio, AGAINST_NETWORK)


def _stages(options: Namespace, folder: Path) -> None:
    model, frames = options.model or "espcn", options.frames or 150
    line = _line(model)
    source = write_clip(options.source, folder / "clip.mp4", frames, options.size, Stored())
    rgb, finished = line.pictures(source), line.finished(source)
    stages: dict[str, Callable[[], object]] = {
        "decode": lambda: line.decode(source),
        "planes to RGB": lambda: line.to_rgb(source, frames),
        "network": lambda: line.enlarge_side_by_side(rgb, frames),
        "RGB to planes": lambda: line.to_planes(source, rgb[0], frames),
        "encode": lambda: line.encode(source, finished),
    }
    turns = _in_turns({"from file to file": lambda: line.run(source, folder / "out.mp4"), **stages}, options.runs)
    _print_turns(turns, frames)
    cores = torch.get_num_threads()
    whole = turns.pop("from file to file")
    sums = [sum(turn.cpu_s for turn in stage) for stage in zip(*turns.values(), strict=True)]
    ratio = median(turn.wall_s * cores / cpu_s for turn, cpu_s in zip(whole, sums, strict=True))
    what = f"{model} x{SCALE}, wall time over that of its stages on {cores} cores"
    print_claim(what, ratio, AGAINST_STAGES, most=True)


def _repeats(options: Namespace, folder: Path) -> None:
    lossless, lossy = Stored("ffv1", {}, shown=2), Stored(options={"crf": "20"}, shown=2)
    _weigh_repeats(options, folder / "lossless.mkv", lossless, "exact")
    _weigh_repeats(options, folder / "crf20.mp4", lossy, "near")


def _weigh_repeats(options: Namespace, source: Path, stored: Stored, dedup: Dedup) -> None:
    model, frames = options.model or "srgan", options.frames or 16
    line = _line(model)
    write_clip(options.source, source, frames, options.size, stored)
    target = source.with_name("out.mp4")
    ways = {
        f"--dedup {dedup}": lambda: line.run(source, target, dedup),
        "--dedup off": lambda: line.run(source, target, "off"),
    }
    turns = _in_turns(ways, options.runs)
    _print_turns(turns, frames)
    ratio = _ratio(turns[f"--dedup {dedup}"], turns["--dedup off"])
    what = f"{model}, {source.stem} with every frame doubled, time with --dedup {dedup} over time without"
    print_claim(what, ratio, WITHOUT_REPEATS, most=True)


def _peer(options: Namespace, folder: Path) -> None:
    model, frames = options.model or "espcn", options.frames or 150
    line = _line(model)
    source = write_clip(options.source, folder / "clip.mp4", frames, options.size, Stored())
    target = folder / "peer.mp4"
    ways = {
        "ours": lambda: line.run(source, folder / "out.mp4"),
        "pipes, bf16": lambda: enlarge_through_pipes(line.plan, source, target, options.size, torch.bfloat16),
        "pipes, fp32": lambda: enlarge_through_pipes(line.plan, source, target, options.size, torch.float32),
    }
    try:
        turns = _in_turns(ways, options.runs)
    except MissingToolError as missing:
        print(f"skipped: {missing}")
        return
    _print_turns(turns, frames)
    for name in list(turns)[1:]:
        print(f"{model} x{SCALE}, ours against {name}: {_ratio(turns[name], turns['ours']):.2f} times as quick")


def _line(model: str) -> Line:
    plan = plan_scale(model, SCALE)
    return Line(Upscaler(plan.network, UpscaleOptions(device="cpu")), plan)


def _in_turns(ways: Mapping[str, Callable[[], object]], runs: int) -> dict[str, list[Turn]]:
    """A B C A B C ...; what is slow by itself is not warmed up."""
    turns: dict[str, list[Turn]] = {name: [] for name in ways}
    for _ in range(runs):
        for name, work in ways.items():
            wall_s, cpu_s = time.perf_counter(), time.process_time()
            work()
            turns[name].append(Turn(time.perf_counter() - wall_s, time.process_time() - cpu_s))
    return turns


def _ratio(one: list[Turn], other: list[Turn]) -> float:
    """Of the wall times, turn by turn; the median."""
    return median(mine.wall_s / its.wall_s for mine, its in zip(one, other, strict=True))


def _print_turns(turns: Mapping[str, list[Turn]], frames: int) -> None:
    width = 2 + max(map(len, turns))
    print(f"{'':{width}}{'median s':>10}{'cpu s':>10}{'frames/s':>10}")
    for name, runs in turns.items():
        wall_s, cpu_s = median(run.wall_s for run in runs), median(run.cpu_s for run in runs)
        print(f"{name:{width}}{wall_s:10.2f}{cpu_s:10.2f}{frames / wall_s:10.1f}", flush=True)


if __name__ == "__main__":
    main()
